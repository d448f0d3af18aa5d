"""Runs a sweep of two fake trainings: `python -m tests.interrupted_sweep FOLDER`."""

import dataclasses
import sys
from pathlib import Path

from ivaae_tf.sweeps.runner import Job
from ivaae_tf.sweeps.runs import SweptRun, complete

# Counts to 20 in a file, from where it was, and after SIGTERM takes some time to end.
COUNT = """
import fcntl, pathlib, signal, sys, time
def end(number, frame):
    time.sleep(0.2)
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
folder = pathlib.Path(sys.argv[1])
lock = (folder / ".lock").open("w")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
log = folder / "numbers"
while (number := len(log.read_text().split()) if log.exists() else 0) < 20:
    time.sleep(0.02)
    with log.open("a") as file:
        file.write(f"{number} ")
"""


@dataclasses.dataclass(frozen=True)
class CountingRun(SweptRun):
    """A run that counts."""

    @property
    def job(self) -> Job:
        """The command that counts."""
        return Job(self.folder, [["-c", COUNT, str(self.folder)]])


def runs(workdir: Path) -> list[CountingRun]:
    """Returns two runs."""
    return [
        CountingRun({"a": text}, workdir / f"a={text}" / "seed=0", [["train"]]) for text in "12"
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.exit(complete(folder, runs(folder), num_processes=1, minutes=1))
