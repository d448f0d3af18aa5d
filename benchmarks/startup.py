"""Times the start of commands: the help of each, a report, and the first step of a training.

python -m benchmarks.startup
"""

import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags

from benchmarks.machine import processor_name
from ivaae_tf.commands import COMMANDS

_ROUNDS = flags.DEFINE_integer("rounds", 3, "Runs of each command.", lower_bound=1)
_TINY = ("--dataset=digits", "--image_size=8", "--width=0.02", "--epochs=1", "--evaluate_every=0")


def main(argv):
    del argv
    print(processor_name())
    for name in COMMANDS:
        command = [sys.executable, "-m", "ivaae_tf", name, "--help"]
        _report(f"{name} --help", [_seconds(command) for _ in range(_ROUNDS.value)])
    imports, trainings = [], []
    with tempfile.TemporaryDirectory() as folder:
        train = [sys.executable, "-m", "ivaae_tf", "train", *_TINY, f"--data_dir={folder}"]
        _seconds([*train, f"--workdir={folder}/first"])  # writes the records
        for index in range(_ROUNDS.value):
            imports.append(_seconds([sys.executable, "-c", "import tensorflow"]))
            trainings.append(_seconds([*train, f"--workdir={folder}/{index}"], until="Epoch 1/1"))
    _report("import tensorflow", imports)
    _report("train, until the first epoch begins", trainings)


def _seconds(command: list[str], until: str | None = None) -> float:
    """Returns the seconds until a line of the output begins with a text, or until the end."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        for line in process.stdout:
            if until is not None and line.startswith(until):
                seconds = time.perf_counter() - start
                process.kill()
                return seconds
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start


def _report(title: str, seconds: list[float]) -> None:
    print(f"{title:40} {np.median(seconds):6.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")


if __name__ == "__main__":
    app.run(main)
