import importlib.util
import os
import pathlib
import resource
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.mains import Main, run
from tests.pipelines import bombs


def photos(folder, count, side):
    folder.mkdir()
    for index in range(count):
        pixels = np.random.default_rng(index).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def test_it_says_what_it_wrote_and_what_it_refused(tmp_path):
    folder = photos(tmp_path / "photos", 12, side=8)
    (folder / "broken.jpg").write_text("text")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = Main(
        *("prepare", "--dataset=folder", f"--image_folder={folder}"),
        f"--data_dir={tmp_path / 'data'}",
        environment={"TMPDIR": str(temporary)},
    ).wait()
    assert process.returncode == 0, process.stderr
    (refused,) = tmp_path.glob("data/folder/*/*/refused.tsv")
    assert list((tmp_path / "data" / "folder").iterdir()) == [refused.parents[1]]
    assert f"1 file(s) refused, listed in {refused}" in process.stdout
    assert "Checking images: 100%" in process.stderr
    digits = Main(
        "prepare", f"--data_dir={tmp_path}", environment={"TMPDIR": str(temporary)}
    ).wait()
    assert digits.returncode == 0, digits.stderr
    assert not list(temporary.iterdir())  # TFDS would leave a folder for each data set.
    assert "WARNING:absl" not in process.stderr and "dataset_builder.py" not in process.stderr


def test_a_full_disk_is_one_line_and_leaves_no_records(tmp_path):
    folder = photos(tmp_path / "photos", 8, side=64)
    data = tmp_path / "data"
    running = Main("prepare", "--dataset=folder", f"--image_folder={folder}", f"--data_dir={data}")
    # The records need about 100 kB.
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (40_000, 40_000))
    process = running.wait()
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert process.stderr.splitlines()[-1].startswith(f"error: {data}/folder/")
    assert "the file exceeds the allowed size" in process.stderr.splitlines()[-1]
    assert not list(data.rglob("1.0.0"))


def test_ctrl_c_ends_all_processes_with_a_line(tmp_path):
    folder = photos(tmp_path / "photos", 4, side=8)
    (folder / "bomb.jpg").write_bytes(bombs.progressive_jpeg(8000, 20_000))
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ivaae_tf", "prepare", "--dataset=folder"),
            *(f"--image_folder={folder}", f"--data_dir={tmp_path / 'data'}"),
        ],
        cwd=pathlib.Path(__file__).parents[3],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    said = b""
    while b"Checking images" not in said:
        read = process.stderr.read1()
        assert read, said
        said += read
    others = []
    while len(others) < 2:  # the server and a worker
        assert process.poll() is None
        others = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    said += process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert said.splitlines()[-1].startswith(b"interrupted; ")
    assert not psutil.wait_procs(others, timeout=30)[1]
    assert not list((tmp_path / "data").rglob("1.0.0"))


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--beam_runner=DirectRunner"], "--beam_runner=DirectRunner needs --dataset=folder"),
        (["--beam_options=a=1"], "--beam_options=a=1 needs --beam_runner"),
        pytest.param(
            ["--dataset=folder", "--image_folder=.", "--beam_runner=DirectRunner"],
            "--beam_runner=DirectRunner needs Apache Beam, which is not installed: pip install ",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("apache_beam") is not None, reason="Beam is installed"
            ),
        ),
    ],
)
def test_flags_of_beam_that_cannot_work_are_one_line(flags, line):
    process = run("prepare", *flags)
    assert process.returncode == 1
    assert process.stderr.startswith(f"error: {line}")
    assert process.stderr.count("\n") == 1
