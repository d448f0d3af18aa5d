"""Disks that are full at any write: about ten seconds for each."""

from tests.chaos.runs import TINY, assert_same, start
from tests.mains import Main

FLAGS = ("--epochs=6", "--checkpoint_every_steps=4")


def test_a_run_on_a_full_disk_goes_on_when_there_is_room(chaos, num_accidents, tmp_path):
    whole, full = tmp_path / "whole", tmp_path / "full"
    finished = start(whole, *FLAGS).wait()
    assert finished.returncode == 0, finished.stderr
    places = (f"--data_dir={tmp_path}/data", f"--workdir={full}/run")
    num_failed = 0
    for _ in range(num_accidents):
        # Text files have some kilobytes, event files tens, checkpoints about 500.
        limit = int(10 ** chaos.uniform(2, 5.8))
        finished = Main("tests.chaos.limited", str(limit), "train", *TINY, *places, *FLAGS).wait()
        assert "Traceback" not in finished.stderr, finished.stderr
        if finished.returncode:
            num_failed += 1
            lines = [line for line in finished.stderr.splitlines() if "error: " in line]
            assert len(lines) == 1, finished.stderr
    print(f"{num_failed} of {num_accidents} runs exited with an error")
    finished = start(full, *FLAGS).wait()
    assert finished.returncode == 0, finished.stderr
    assert_same(full, whole)
