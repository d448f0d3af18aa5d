"""A TensorBoard that runs while a training is killed and resumed: about ten seconds for each."""

import collections
import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest

from ivaae_tf.runs.training_directory import TrainingDirectory
from tests.chaos.runs import curves, start

EPOCHS = ("--epochs=12", "--checkpoint_every_steps=9", "--pictures_every=3")


@contextlib.contextmanager
def serving(folder, *flags):
    """Yields the address of a TensorBoard that shows the folder."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}/"
    server = [sys.executable, "-m", "tensorboard.main", f"--logdir={folder}", f"--port={port}"]
    process = subprocess.Popen(
        [*server, "--reload_interval=1", *flags], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address).close()
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.communicate()


def scalars(address):
    """Returns run -> tag -> steps, as the page gets them."""

    def get(path, **arguments):
        query = urllib.parse.urlencode(arguments)
        with urllib.request.urlopen(f"{address}data/plugin/scalars/{path}?{query}") as answer:
            return json.load(answer)

    return {
        run: {tag: [step for _, step, _ in get("scalars", run=run, tag=tag)] for tag in tags}
        for run, tags in get("tags").items()
    }


def _modified(path):
    """Returns when a file was modified; 0 if it is not there at this moment."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("flags", [(), ("--load_fast=false",)], ids=["fast", "slow"])
def test_tensorboard_shows_each_step_once_without_a_new_start(
    chaos, num_accidents, tmp_path, flags
):
    run = tmp_path / "killed" / "run"
    checkpoint = run / "checkpoints" / "in_epoch.keras"
    num_cut_off = []
    with serving(tmp_path / "killed", *flags) as address:
        for _ in range(num_accidents):
            running = start(tmp_path / "killed", *EPOCHS)
            before = _modified(checkpoint)
            while running.process.is_alive() and _modified(checkpoint) <= before:
                time.sleep(0.001)
            time.sleep(chaos.uniform(0, 2))
            running.process.kill()
            running.wait()
            time.sleep(2.5)  # The server reads what was written past the checkpoint.
            last = TrainingDirectory(run).newest_step()
            shown = scalars(address).get("run/logs/step", {}).get("loss/reconstruction", [])
            num_cut_off.append(sum(step > last for step in shown))
        finished = start(tmp_path / "killed", *EPOCHS).wait()
        assert finished.returncode == 0, finished.stderr
        expected = collections.defaultdict(lambda: collections.defaultdict(list))
        for name, tag, step, _ in curves(run):
            if tag.startswith("scores/") or name != "run/logs":
                expected[name][tag].append(step)
        deadline = time.monotonic() + 30
        while scalars(address) != expected and time.monotonic() < deadline:
            time.sleep(0.5)
        assert scalars(address) == expected
        for tags in expected.values():
            for steps in tags.values():
                assert steps == sorted(set(steps))
    print(f"shown, but then cut off: {num_cut_off}")
