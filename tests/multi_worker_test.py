"""Two real processes train one model over loopback."""

import contextlib
import json
import pickle
import random
import signal
import socket
import time

import numpy as np
import pytest
import tensorflow as tf

from tests import one_of_two_workers, poisoned_training
from tests.chaos.runs import state
from tests.mains import Main

# Three steps per epoch, so that a second has several epochs.
SETTINGS = ("--flagfile=flags/demo.flags", "--width=0.05", "--image_size=16", "--batch_size=500")
STEPS_PER_EPOCH = 1500 // 500
SECONDS_TO_NOTICE = 120  # docs/how-to/several-machines.md has 5 to 30; it depends on the load.


def start(module, *arguments):
    """Starts both workers; each gets the arguments, and its own item of each tuple."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    workers = []
    for index in (0, 1):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        own = [each[index] if isinstance(each, tuple) else each for each in arguments]
        workers.append(Main(module, *own, environment={"TF_CONFIG": config}))
    return workers


def start_training(folder, *flags):
    """Starts training; the chief uses `folder`/run, the other must not write a folder."""
    workdir = (f"--workdir={folder}/run", f"--workdir={folder}/of_the_other")
    return start("train", *SETTINGS, f"--data_dir={folder}/data", workdir, *flags)


def finish(workers):
    finished = [worker.wait() for worker in workers]
    for each in finished:
        assert each.returncode == 0, each.stderr
    return finished


def wait_for_checkpoint(folder, workers, after=0):
    """Waits for a checkpoint that was written after the time `after`."""
    path = folder / "run" / "checkpoints" / "last.keras"
    deadline = time.monotonic() + 240
    while not (path.exists() and path.stat().st_mtime_ns > after):
        assert time.monotonic() < deadline
        if not all(worker.process.is_alive() for worker in workers):
            raise AssertionError([worker.wait(SECONDS_TO_NOTICE).stderr for worker in workers])
        time.sleep(0.01)
    return path.stat().st_mtime_ns


def epochs_trained(folder):
    return len(json.loads((folder / "run" / "history.json").read_text()))


@pytest.mark.slow
def test_a_killed_pair_goes_on_to_the_weights_of_one_that_was_never_stopped(tmp_path):
    moment = random.Random(7)
    killed, whole = tmp_path / "killed", tmp_path / "whole"

    # One worker dies: the other exits with a reason.
    chief, other = start_training(killed, "--epochs=100000")
    first_checkpoint = wait_for_checkpoint(killed, (chief, other))
    time.sleep(moment.uniform(0, 2))
    other.process.kill()
    ended = chief.wait(SECONDS_TO_NOTICE)
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: worker 1 (127.0.0.1:")
    assert "has ended or cannot be reached" in line

    # Both are started again and die.
    pair = start_training(killed, "--epochs=100000")
    wait_for_checkpoint(killed, pair, after=first_checkpoint)
    time.sleep(moment.uniform(0, 2))
    for worker in pair:
        worker.process.kill()
    for worker in pair:
        assert worker.wait().returncode == -signal.SIGKILL

    epochs = f"--epochs={epochs_trained(killed) + 2}"
    # Two of three steps at a time, then the third: this does not change a weight, nor do kills.
    finish(start_training(killed, epochs, "--steps_per_execution=2"))
    chief, other = finish(start_training(whole, epochs))
    resumed, uninterrupted = state(killed / "run"), state(whole / "run")
    assert resumed.keys() == uninterrupted.keys()
    for name, value in uninterrupted.items():
        np.testing.assert_array_equal(resumed[name], value, err_msg=name)
    assert epochs_trained(killed) == epochs_trained(whole)

    # Only the chief prints and writes: one event file of pictures, and two of curves.
    assert chief.stdout.count("js_estimate") == epochs_trained(whole)
    assert other.stdout == ""
    for folder in ("", "step", "epoch"):
        assert len(list((whole / "run" / "logs" / folder).glob("events.*"))) == 1
    assert sorted(path.name for path in whole.iterdir()) == ["data", "run"]


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """The results of both workers."""
    files = tuple(tmp_path_factory.mktemp("compared") / name for name in ("chief", "other"))
    finish(start("tests.one_of_two_workers", files))
    return [pickle.loads(file.read_bytes()) for file in files]


def test_two_workers_compute_what_one_process_does(computed):
    one = one_of_two_workers.results(tf.distribute.get_strategy())
    for combination, expected in one.items():
        for found in (each[combination] for each in computed):
            for weights, single in zip(found["weights"], expected["weights"], strict=True):
                # Sums in another order: float32 rounding over ten steps.
                np.testing.assert_allclose(weights, single, rtol=0, atol=2e-6)
            np.testing.assert_array_equal(found["random_state"], expected["random_state"])
            assert found["epoch"] == pytest.approx(expected["epoch"], rel=1e-4, abs=1e-6)
            assert found["evaluations"] == pytest.approx(expected["evaluations"], rel=1e-5)


def test_workers_hold_the_same_weights(computed):
    chief, other = computed
    for combination in one_of_two_workers.COMBINATIONS:
        for pair in zip(chief[combination]["weights"], other[combination]["weights"], strict=True):
            np.testing.assert_array_equal(*pair)


def test_the_chiefs_values_reach_the_other_bit_for_bit(computed):
    for found in computed:
        np.testing.assert_array_equal(found["bits"], one_of_two_workers.BITS)


def test_workers_go_back_together_from_a_bad_value_that_one_of_them_has(computed):
    chief, other = (found["restored"] for found in computed)
    assert chief["restores"] == [poisoned_training.STEPS_PER_EPOCH] and other["restores"] == []
    (reason,) = chief["reasons"]
    assert reason.endswith(" became nan at step 5")
    for values in zip(chief["state"], other["state"], chief["same"], other["same"], strict=True):
        assert np.isfinite(values[0]).all()
        for value in values[1:]:
            np.testing.assert_array_equal(value, values[0])


def test_workers_refuse_what_they_cannot_share(computed):
    chief, other = (found["refusals"] for found in computed)
    assert chief[0] == other[0] == "--batch_size must be a multiple of the 2 replicas; found 7"
    assert chief[1] == other[1]
    assert "--jit_compile does not work with 2 replicas on CPUs" in chief[1]
    assert "differ in is_chief: worker 0 has true, worker 1 has false" in chief[2]
    assert "differ in is_chief: worker 1 has false, worker 0 has true" in other[2]
