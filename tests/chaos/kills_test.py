"""Kills at random moments and inside writes: a few seconds for each."""

import signal

import pytest

from tests.chaos.runs import assert_same, start, wait_for_a_moment

EPOCHS = "--epochs=12"


@pytest.mark.parametrize(
    "flags",
    [
        ("--checkpoint_every_steps=4",),
        ("--checkpoint_every_steps=5", "--steps_per_execution=7"),
        ("--checkpoint_every_steps=4", "--cache=none", "--shuffle_buffer=100"),
        ("--checkpoint_every_minutes=0.001",),
        ("--checkpoint_every_minutes=0",),
    ],
    ids=" ".join,
)
def test_a_killed_run_ends_with_the_bits_of_one_that_was_not(chaos, num_accidents, tmp_path, flags):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    order = [flag for flag in flags if "shuffle_buffer" in flag]
    finished = start(whole, EPOCHS, *order).wait()
    assert finished.returncode == 0, finished.stderr
    statuses = []
    for number in range(num_accidents):
        running = start(killed, EPOCHS, *flags)
        wait_for_a_moment(chaos, killed, running, inside=number % 2 == 1)
        running.process.kill()
        statuses.append(running.wait().returncode)
    finished = start(killed, EPOCHS, *flags).wait()
    assert finished.returncode == 0, finished.stderr
    print(f"{statuses.count(-signal.SIGKILL)} of {num_accidents} kills before the end")
    assert_same(killed, whole)
