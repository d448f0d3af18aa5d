"""Times whole epochs of the training main on MNIST against the bare training step.

    python -m benchmarks.epoch --data_dir=data

A whole epoch has input, curves, validation, the checkpoint and everything else between the starts
of two epochs. It alternates with bare steps on a batch in memory. Prints the medians and their
ratio: 1 would mean that only the step takes time.
"""

import subprocess
import sys
import tempfile
import time

import numpy as np
from absl import app, flags

from benchmarks.machine import processor_name
from benchmarks.stepper import Stepper

_DATA_DIR = flags.DEFINE_string("data_dir", "data", "Folder of the records.")
_ROUNDS = flags.DEFINE_integer("rounds", 3, "Timed epochs.", lower_bound=1)
_STEPS = flags.DEFINE_integer("num_steps", 200, "Bare steps before and after each.", lower_bound=3)
_STEPS_PER_EPOCH = 60_000 // 64


def main(argv):
    del argv
    print(processor_name())
    stepper = Stepper("benchmarks.stepper", ["name=mnist"])
    bare = [_median_step(stepper)]  # Its first, slow steps do not change a median.
    epochs = []
    with tempfile.TemporaryDirectory() as workdir:
        for number in range(_ROUNDS.value):
            epochs.append(_seconds_of_an_epoch(workdir, first_epoch=2 * number))
            bare.append(_median_step(stepper))
            print(f"epoch {epochs[-1]:.1f} s, bare step {1000 * bare[-1]:.1f} ms")
    stepper.close()
    step = np.median(epochs) / _STEPS_PER_EPOCH
    print(
        f"whole epochs {1000 * step:.1f} ms a step, bare {1000 * np.median(bare):.1f} ms: "
        f"ratio {step / np.median(bare):.2f}"
    )


def _median_step(stepper: Stepper) -> float:
    return float(np.median([stepper.seconds_of_a_step() for _ in range(_STEPS.value)]))


def _seconds_of_an_epoch(workdir: str, first_epoch: int) -> float:
    """Trains two epochs and returns the seconds between their starts."""
    command = [sys.executable, "-m", "ivaae_tf", "train", "--flagfile=mnist_ivaae_radial"]
    where = f"--workdir={workdir}", f"--data_dir={_DATA_DIR.value}"
    how_long = f"--epochs={first_epoch + 2}", "--evaluate_every=0"
    starts = []
    with subprocess.Popen(
        [*command, *where, *how_long], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if line.startswith("Epoch "):
                starts.append(time.perf_counter())
    if process.returncode:
        raise RuntimeError(f"training ended with status {process.returncode}")
    return starts[1] - starts[0]


if __name__ == "__main__":
    app.run(main)
