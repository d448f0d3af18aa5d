"""Pairs of workers of which one is killed: about half a minute for each."""

import time

from tests.chaos.runs import assert_same
from tests.multi_worker_test import finish, start_training

FLAGS = ("--epochs=40", "--checkpoint_every_steps=2", "--log_every=2")


def test_a_killed_pair_ends_with_the_bits_of_one_that_was_not(chaos, num_accidents, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(start_training(whole, *FLAGS))
    for _ in range(num_accidents):
        pair = start_training(killed, *FLAGS)
        checkpoint = killed / "run" / "checkpoints" / "in_epoch.keras"
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and all(each.process.is_alive() for each in pair):
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns > before:
                break
            time.sleep(0.01)
        time.sleep(chaos.uniform(0, 1))
        victims = chaos.choice([pair[:1], pair[1:], pair])
        for worker in victims:
            worker.process.kill()
        for worker in pair:
            worker.wait(120)
    finish(start_training(killed, *FLAGS))
    assert_same(killed, whole)
