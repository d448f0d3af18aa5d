"""The wheel is a complete program without its repository."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from ivaae_tf.commands import COMMANDS

REPOSITORY = Path(__file__).parents[1]


def run(*command, **options):
    process = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, **options
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def ivaae(tmp_path_factory):
    """The command in an environment with the wheel and this one's dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(*pip, "wheel", *options, REPOSITORY)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    run(*pip, f"--python={folder / 'venv' / 'bin' / 'python'}", "install", "--no-deps", wheel)
    (site_packages,) = folder.glob("venv/lib/*/site-packages")
    # Python does not read .pth files in a folder that a .pth file names. This hides an editable
    # installation of this repository, but also setuptools' .pth file: TensorFlow Probability needs
    # its distutils, which Python has removed.
    distutils = "import _distutils_hack; _distutils_hack.add_shim()"
    dependencies = f"{sysconfig.get_path('purelib')}\n{distutils}\n"
    (site_packages / "dependencies.pth").write_text(dependencies)
    return folder / "venv" / "bin" / "ivaae"


@pytest.fixture(scope="module")
def trained(ivaae, tmp_path_factory):
    """The folder of a run in the repository of another project, and what the training printed."""
    folder = tmp_path_factory.mktemp("project")
    run("git", "init", folder)
    run(
        *("git", "-c", "user.name=x", "-c", "user.email=x@x", "commit"),
        *("--allow-empty", "--message=of another project"),
        cwd=folder,
    )
    tiny = ("--width=0.05", "--image_size=16", "--epochs=1")
    printed = run(ivaae, "train", "--flagfile=demo", *tiny, "--workdir=run", cwd=folder)
    return folder / "run", printed


def test_it_trains_by_a_flagfile_that_it_brings(trained):
    workdir, printed = trained
    assert printed.startswith("training on ")
    assert (workdir / "checkpoints" / "last.keras").exists()
    record = json.loads((workdir / "run.json").read_text())
    assert record["settings"]["latent_weight"] == 4  # the flagfile's value
    assert record["git_commit"] is None


def test_it_writes_a_report_in_its_style(ivaae, trained, tmp_path):
    workdir, _ = trained
    run(ivaae, "report", workdir, "--out=report", cwd=tmp_path)
    style = (REPOSITORY / "ivaae_tf" / "reporting" / "page.css").read_text()
    assert style.strip()[:40] in (tmp_path / "report" / "index.html").read_text()


def test_without_a_command_it_lists_them_and_imports_no_tensorflow(ivaae):
    listing = run(ivaae)
    listed = [line.split()[0] for line in listing.splitlines() if line.startswith("  ")]
    assert listed == list(COMMANDS)
    imports = "import sys; sys.argv = ['ivaae']; from ivaae_tf.__main__ import main; main()"
    modules = run(ivaae.parent / "python", "-c", imports + "; print(*sys.modules)")
    assert "tensorflow" not in modules.split() and "numpy" not in modules.split()


def test_a_misspelt_command_is_one_line(ivaae):
    process = subprocess.run([ivaae, "trian"], capture_output=True, text=True, check=False)
    assert process.returncode == 1
    assert process.stderr == "error: ivaae has no command 'trian'; did you mean train?\n"
