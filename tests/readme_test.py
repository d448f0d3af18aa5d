"""The code blocks of README and docs/ run in their order, on small data and small networks.

Blocks of `sh` and `python` are run. Blocks of `console` need what tests do not have, such as a
network or Docker, or repeat what another block tries; only the flags in them are checked.
"""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from ivaae_tf.commands import COMMANDS
from ivaae_tf.export.explorer import onnxruntime_web
from tests.mains import Main
from tests.tfds_records import write_records

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (ROOT / "README.md", ROOT / "BUILD.md", *sorted(ROOT.glob("docs/**/*.md")))
    if "_build" not in path.parts
}
BLOCK = re.compile(r"^```(\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = {page: BLOCK.findall(text) for page, text in PAGES.items()}
RUN = [
    page for page, blocks in BLOCKS.items() if any(kind in ("sh", "python") for kind, _ in blocks)
]
MOST_CONSOLE_BLOCKS = 40  # Run a block, if it can be run.

ALWAYS = {"help", "flagfile", "learning_rate"}  # flags and short forms that are not listed

# Flags that make a command small; they replace its earlier flags.
SMALL = {
    "train": (
        *("--width=0.02", "--image_size=16", "--epochs=2", "--batch_size=16"),
        *("--pictures_every=1", "--evaluate_every=0"),
    ),
    "sweep": ("--dry_run",),  # 18 runs
    "second_stage": ("--epochs=1", "--width=0.02"),
    "evaluate": ("--num_samples=100", "--num_codes=100", "--extractor=none"),
    "outliers": ("--false_alarm_rate=0.3",),
    "explore": ("--onnxruntime_web=onnxruntime_web",),
    "stability": ("--num_steps=4", "--measure_every=2", "--num_measured_batches=1"),
    "probe": ("--num_steps=4", "--measure_every=2"),
}


# The same for Python: 20 epochs or more and 1,000 images or more.
SMALLER = (
    (r"\bepochs=\d{2,}", "epochs=2"),
    (r"\bbatch_size=\d+", "batch_size=16"),
    (r"\b1_?000\b", "100"),
)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with photos, records in MNIST's format, and the runs demo and photos."""
    folder = tmp_path_factory.mktemp("workplace")
    rng = np.random.default_rng(0)
    (folder / "my_photos").mkdir()
    for index in range(40):
        pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "my_photos" / f"{index}.jpg")
    for name in ("new_photos", "new_digits"):
        shutil.copytree(folder / "my_photos", folder / name)
    for name in ("measurements", "new_measurements"):
        table = rng.normal(size=(80, 6))
        np.savetxt(folder / f"{name}.csv", table, delimiter=",", header="a,b,c,d,e,f", comments="")
    np.save(folder / "sensors.npy", rng.normal(size=(80, 32, 2)))
    mnist = tfds.builder("mnist", data_dir=str(folder / "data"))
    images = rng.integers(0, 256, (128, 28, 28, 1), dtype=np.uint8)
    examples = [{"image": image, "label": index % 10} for index, image in enumerate(images)]
    splits = {"train": examples[:112], "test": examples[112:]}
    write_records(
        "mnist", str(mnist.version), dict(mnist.info.features), splits, str(folder / "data")
    )
    # Instead of the files from npm.
    (folder / "onnxruntime_web").mkdir()
    for name in onnxruntime_web.FILES:
        (folder / "onnxruntime_web" / name).touch()
    run_blocks("README.md", folder, {"sh"})
    # As `make demo` does.
    ivaae(folder, "train", "--flagfile=demo", "--workdir=runs/demo")
    ivaae(folder, "export", "--workdir=runs/demo", "--out=runs/demo/saved_model", "--overwrite")
    return folder


DONE: set[tuple[str, ...]] = set()  # Commands that several pages have are run once.


def ivaae(folder, command, *arguments):
    if (command, *arguments) not in DONE:
        small = SMALL.get(command, ())
        if any(each.startswith("--array=") for each in arguments):  # Rows have no size.
            small = [flag for flag in small if not flag.startswith("--image_size")]
        finished = Main(command, *arguments, *small, cwd=folder).wait()
        assert finished.returncode == 0, finished.stderr
        DONE.add((command, *arguments))


def commands(block):
    """Yields the commands of a shell block as lists of words."""
    for line in block.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def run_blocks(page, folder, kinds):
    names = {}
    for kind, block in BLOCKS[page]:
        if kind not in kinds:
            continue
        if module := re.match(r"# The module (\w+)\n", block):
            (folder / f"{module[1]}.py").write_text(block)
        if kind == "python":
            for long, short in SMALLER:
                block = re.sub(long, short, block)
            exec(compile(block, page, "exec"), names)
            continue
        for program, *arguments in commands(block):
            if program == "make":  # It would run this test; only check that the target exists.
                subprocess.run(["make", "-n", *arguments], cwd=ROOT, check=True)
            else:
                assert program == "ivaae"
                ivaae(folder, *arguments)


@pytest.mark.usefixtures("short_classifier_training")
@pytest.mark.parametrize("page", RUN)
def test_the_blocks_of_a_page_run(page, workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    run_blocks(page, workplace, {"sh", "python"})


def test_the_blocks_have_written_their_files(workplace):
    for made in ("new_photos.png", "runs/photos/saved_model/saved_model.pb"):
        assert (workplace / made).exists(), made


def test_each_block_is_run_or_counted():
    kinds = [kind for blocks in BLOCKS.values() for kind, _ in blocks]
    assert set(kinds) <= {"sh", "python", "console", "text", "yaml", "bibtex", "{eval-rst}"}
    assert kinds.count("console") <= MOST_CONSOLE_BLOCKS
    fences = sum(text.count("\n```") for text in PAGES.values())
    assert fences == 2 * len(kinds), "each block has a language"


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_and_their_flags_exist(page):
    """Also those of console blocks and in the text."""
    blocks = [line for _, block in BLOCKS[page] for line in block.replace("\\\n", " ").splitlines()]
    for text in [*blocks, *re.findall(r"`([^`\n]+)`", BLOCK.sub("", PAGES[page]))]:
        match = re.match(r"(?:\.venv/bin/)?ivaae (\w+)(.*)", text)
        if match and match[1] not in ("COMMAND", "help"):
            assert match[1] in COMMANDS, text
            known = (ROOT / "docs" / "reference" / "cli" / f"{match[1]}.md").read_text("utf-8")
            for flag in {*re.findall(r"(?<= --)\w+", match[2].partition("#")[0])} - ALWAYS:
                names = (f"--{flag}", f"--[no]{flag}", f"--[no]{flag.removeprefix('no')}")
                assert any(f"- `{name}`" in known for name in names), text
