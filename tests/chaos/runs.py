"""Training runs that are killed, and their comparison with one that was never disturbed."""

import contextlib
import json
import random
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator

from ivaae_tf.program.atomic_files import MARK
from tests.mains import Main

# 23 steps an epoch, a few milliseconds each: an epoch is mostly its pictures, scores and files.
TINY = (
    "--flagfile=flags/demo.flags",
    "--width=0.05",
    "--image_size=16",
    "--pictures_every=1",
    "--evaluate_every=2",
    "--extractor=none",
    "--num_samples=50",
    "--num_codes=200",
    "--log_every=3",
)


def start(folder: Path, *flags: str, environment: Mapping[str, str] | None = None) -> Main:
    """Starts training a tiny model in `folder`/run."""
    places = (f"--data_dir={folder.parent}/data", f"--workdir={folder}/run")
    return Main("train", *TINY, *places, *flags, environment=environment)


def wait_for_a_moment(random_: random.Random, folder: Path, running: Main, inside: bool) -> None:
    """Waits until a random moment, or until a random write has begun."""
    num_writes, seen = random_.randrange(1, 12) if inside else 1, set()
    deadline = time.monotonic() + 60
    while running.process.is_alive() and time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # They come and go.
            seen |= {path.name for path in (folder / "run").glob(f"**/{MARK}*")}
        if len(seen) >= num_writes:
            break
    if not inside:
        time.sleep(random_.uniform(0, 1.5))


def state(run: Path) -> dict[str, np.ndarray]:
    """Returns name -> array of the last checkpoint: weights, optimizers, random state."""
    arrays: dict[str, np.ndarray] = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]

    with (
        zipfile.ZipFile(run / "checkpoints" / "last.keras") as archive,
        archive.open("model.weights.h5") as file,
        h5py.File(file) as weights,
    ):
        weights.visititems(add)
    return arrays


def curves(run: Path) -> list[tuple]:
    """Returns (run, tag, step, value) of all points in TensorBoard; times have no value."""
    points = []
    for folder in {path.parent for path in (run / "logs").rglob("events.*")}:
        name = folder.relative_to(run.parent).as_posix()
        events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
        for tag in events.Tags()["tensors"]:
            timed = tag.startswith(("speed/", "_hparams_/"))
            for event in events.Tensors(tag):
                content = b"" if timed else event.tensor_proto.SerializeToString()
                points.append((name, tag, event.step, content))
    return sorted(points)


def assert_same(disturbed: Path, whole: Path) -> None:
    """Checks that two runs ended with the same bits, curves and scores."""
    found, expected = state(disturbed / "run"), state(whole / "run")
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    for name in ("history.json", "scores.json"):
        files = [folder / "run" / name for folder in (disturbed, whole)]
        texts = [json.loads(file.read_text()) if file.exists() else None for file in files]
        assert texts[0] == texts[1], name
    assert curves(disturbed / "run") == curves(whole / "run")
    leftovers = [path.name for path in disturbed.rglob(f"{MARK}*")]
    assert not leftovers
