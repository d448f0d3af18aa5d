"""Pairs of workers of which one or both get a signal: about half a minute for each."""

import contextlib
import dataclasses
import os
import re
import signal
import time

import pytest

from tests.chaos.runs import assert_same
from tests.multi_worker_test import SECONDS_TO_NOTICE, finish, start_training

FLAGS = ("--epochs=30", "--checkpoint_every_steps=2", "--log_every=2")
SECONDS_TO_END = 11  # docs/explanation/reproducibility.md promises 10.
STATUSES = {
    signal.SIGTERM: (143, -signal.SIGTERM),  # The system ends a worker that waits for the other.
    signal.SIGINT: (130, -signal.SIGINT),
    signal.SIGKILL: (-signal.SIGKILL,),
}
# A bar of progress may stand before it.
LAST_LINE = re.compile(r"(error: |interrupted; |ended by SIGTERM; |ended while the workers).*")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    finish(start_training(folder, *FLAGS))
    return folder


@pytest.mark.parametrize("moment", ["start", "training"])
def test_a_pair_that_got_signals_ends_with_the_bits_of_one_that_did_not(
    chaos, num_accidents, tmp_path, moment, whole
):
    ended = tmp_path / "ended"
    for number in range(num_accidents):
        pair = start_training(ended, *FLAGS)
        if moment == "start":
            time.sleep(chaos.uniform(1, 11))  # Before, Python itself has the signals.
        else:
            wait_for_a_checkpoint(ended, pair)
            time.sleep(chaos.uniform(0, 1))
        victims = chaos.choice([pair[:1], pair[1:], pair])
        signals = [chaos.choice(list(STATUSES)) if each in victims else None for each in pair]
        print(number, signals, end="", flush=True)
        check_the_ends(pair, signals)
    finish(start_training(ended, *FLAGS))
    assert_same(ended, whole)


def wait_for_a_checkpoint(folder, pair):
    """Waits until the pair has saved in the middle of an epoch, or has ended."""
    checkpoint = folder / "run" / "checkpoints" / "in_epoch.keras"
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and all(each.process.is_alive() for each in pair):
        with contextlib.suppress(FileNotFoundError):
            if checkpoint.stat().st_mtime_ns > before:
                return
        time.sleep(0.01)


def check_the_ends(pair, signals):
    """Sends the signals: each worker ends soon, with the right status and a line."""
    start = time.monotonic()
    for worker, number in zip(pair, signals, strict=True):
        if number and worker.process.is_alive():
            os.kill(worker.process.pid, number)
    for worker, number in sorted(zip(pair, signals, strict=True), key=lambda each: not each[1]):
        ended = worker.wait(SECONDS_TO_END) if number else the_end_of_the_other(worker)
        if ended.returncode in (-signal.SIGINT, -signal.SIGTERM):
            time.sleep(4)  # The guard, another process, reports it.
        lines = [match[0] for match in LAST_LINE.finditer(worker.printed())]
        print(f" | {ended.returncode} in {time.monotonic() - start:.1f} s {lines}", end="")
        if ended.returncode != 0:  # It may have come to its end before.
            assert ended.returncode in (STATUSES[number] if number else (1, 143, 130)), ended.stderr
            assert len(lines) == (number != signal.SIGKILL), ended.stderr
        assert "Traceback" not in ended.stderr, ended.stderr
    print(flush=True)


def the_end_of_the_other(worker):
    """Waits for the end of a worker that got no signal.

    It waits for minutes for another one that it has never seen, and reports this.
    """
    deadline = time.monotonic() + SECONDS_TO_NOTICE
    while worker.process.is_alive() and time.monotonic() < deadline:
        if "waiting for worker" in worker.printed():
            worker.process.terminate()
            ended = worker.wait(SECONDS_TO_END)
            assert ended.returncode in STATUSES[signal.SIGTERM]
            return dataclasses.replace(ended, returncode=143)
        time.sleep(0.1)
    return worker.wait(1)
