import os
import pathlib
import resource
import subprocess
import sys

import numpy as np
from PIL import Image


def prepare(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "pipelines.prepare", *arguments],
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


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
    process = prepare(
        "--dataset=folder",
        f"--image_folder={folder}",
        f"--data_dir={tmp_path / 'data'}",
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert process.returncode == 0, process.stderr
    (refused,) = tmp_path.glob("data/folder/*/*/refused.tsv")
    assert list((tmp_path / "data" / "folder").iterdir()) == [refused.parents[1]]
    assert f"1 file(s) refused, listed in {refused}" in process.stdout
    assert "Checking images: 100%" in process.stderr
    digits = prepare(f"--data_dir={tmp_path}", env={**os.environ, "TMPDIR": str(temporary)})
    assert digits.returncode == 0, digits.stderr
    assert not list(temporary.iterdir())  # TFDS would leave a folder for each data set.
    assert "WARNING:absl" not in process.stderr and "dataset_builder.py" not in process.stderr


def test_a_full_disk_is_one_line_and_leaves_no_records(tmp_path):
    folder = photos(tmp_path / "photos", 8, side=64)
    data = tmp_path / "data"
    process = prepare(
        "--dataset=folder",
        f"--image_folder={folder}",
        f"--data_dir={data}",
        # The records need about 100 kB.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
    )
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert process.stderr.splitlines()[-1].startswith(f"error: {data}/folder/")
    assert "the file exceeds the allowed size" in process.stderr.splitlines()[-1]
    assert not list(data.rglob("1.0.0"))
