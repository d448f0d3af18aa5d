"""Every command and Python snippet of README runs, on small data and small networks."""

import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from ivaae_tf.export.explorer import onnxruntime_web
from tests.mains import Main
from tests.tfds_records import write_records

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SNIPPETS = re.findall(r"^```(sh|python)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

# Flags that make a README command small; they replace its earlier flags.
SMALL = {
    "train": ("--width=0.02", "--image_size=16", "--epochs=1", "--batch_size=16"),
    "second_stage": ("--epochs=1", "--width=0.02"),
    "evaluate": ("--num_samples=100", "--num_codes=100", "--extractor=none"),
    "outliers": ("--false_alarm_rate=0.3",),
    "explore": ("--onnxruntime_web=onnxruntime_web",),
    "stability": ("--num_steps=4", "--measure_every=2", "--num_measured_batches=1"),
    "probe": ("--num_steps=4", "--measure_every=2"),
    "export": (),
    "sample": (),
    "report": (),
}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with photos, records in MNIST's format, and the demo's run."""
    folder = tmp_path_factory.mktemp("workplace")
    rng = np.random.default_rng(0)
    (folder / "my_photos").mkdir()
    for index in range(40):
        pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "my_photos" / f"{index}.jpg")
    shutil.copytree(folder / "my_photos", folder / "new_photos")
    mnist = tfds.builder("mnist", data_dir=str(folder / "data"))
    images = rng.integers(0, 256, (80, 28, 28, 1), dtype=np.uint8)
    examples = [{"image": image, "label": index % 10} for index, image in enumerate(images)]
    splits = {"train": examples[:64], "test": examples[64:]}
    write_records(
        "mnist", str(mnist.version), dict(mnist.info.features), splits, str(folder / "data")
    )
    # In place of what is fetched from npm.
    (folder / "onnxruntime_web").mkdir()
    for name in onnxruntime_web.FILES:
        (folder / "onnxruntime_web" / name).touch()
    # As `make demo` does.
    ivaae(folder, "train", "--flagfile=demo", "--workdir=runs/demo")
    ivaae(folder, "export", "--workdir=runs/demo", "--out=runs/demo/saved_model")
    return folder


def ivaae(folder, command, *arguments):
    finished = Main(command, *arguments, *SMALL[command], cwd=folder).wait()
    assert finished.returncode == 0, finished.stderr


def commands(snippet):
    """Yields the commands of a shell snippet as lists of words."""
    for line in snippet.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def expanded(folder, word):
    """Returns the paths that match a word with *, or the word itself."""
    return [str(path.relative_to(folder)) for path in folder.glob(word)] if "*" in word else [word]


def test_the_commands_run(workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    seen = set()
    for language, snippet in SNIPPETS:
        for program, *arguments in commands(snippet) if language == "sh" else ():
            seen.add(program)
            if program == "make":  # It would run this test; only check that the target exists.
                subprocess.run(["make", "-n", *arguments], cwd=ROOT, check=True)
                continue
            assert program == "ivaae"
            ivaae(workplace, *(name for word in arguments for name in expanded(workplace, word)))
    assert seen == {"make", "ivaae"}
    for made in (
        "new_photos.png",
        "report/index.html",
        "stability",
        "probe/probe.csv",
        "explorer/index.html",
    ):
        assert (workplace / made).exists(), made


def test_the_python_snippets_run(workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    for language, snippet in SNIPPETS:
        if language == "python":
            exec(compile(snippet, "README.md", "exec"), {})
    assert (workplace / "digits.keras").exists()


def test_the_commands_in_the_text_exist(workplace):
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.M | re.S))
    named = {match[1] for text in inline if (match := re.match(r"ivaae (\w+)", text))}
    assert named <= set(SMALL) | {"film", "prepare"}
    assert "pip install ." in inline  # The tests of the wheel do this.
    (tensorboard,) = (text.split() for text in inline if text.startswith("tensorboard"))
    bin_folder = Path(sys.executable).parent
    process = subprocess.Popen(
        [bin_folder / tensorboard[0], *tensorboard[1:], "--port=0"],
        cwd=workplace,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and "http://" not in process.stderr.readline():
            pass
        assert time.monotonic() < deadline
    finally:
        process.kill()
        process.wait()
