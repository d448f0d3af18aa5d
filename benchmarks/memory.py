"""Measures the memory of training runs over their epochs, to detect leaks.

    python -m benchmarks.memory

The resident set is read at the start of each epoch. Its growth is the slope of a line through the
second half of the epochs, in which all buffers are in use. A growth per epoch that does not shrink
with more epochs is a leak.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from absl import flags

from benchmarks import digit_records, program
from benchmarks.figures import Figures
from benchmarks.watched_process import resident_set

_OUT = program.define_out_flag()
_TINY_EPOCHS = flags.DEFINE_integer("tiny_epochs", 60, "Epochs of the tiny run.", lower_bound=6)
_EPOCHS = flags.DEFINE_integer("epochs", 12, "Epochs of the MNIST run.", lower_bound=6)
digit_records.define_flags(num_images=6000)


def main():
    data = digit_records.from_flags()
    figures = Figures("memory", data.description)
    for name, width, epochs in (
        ("tiny, width 0.02", 0.02, _TINY_EPOCHS.value),
        ("MNIST, full width", 1.0, _EPOCHS.value),
    ):
        sizes = _resident_sets(width, epochs, data)
        late = sizes[len(sizes) // 2 :]
        slope = float(np.polyfit(np.arange(len(late)), late, 1)[0])
        topic = f"{name}, {epochs} epochs"
        figures.add(
            topic,
            "MB",
            {
                "resident set at the second epoch": sizes[1],
                "in the middle": sizes[len(sizes) // 2],
                "at the last epoch": sizes[-1],
            },
            reference="resident set at the second epoch",
        )
        figures.add(topic, "MB an epoch", {"growth, second half": slope})
    figures.write(_OUT.value)


def _resident_sets(width: float, epochs: int, data: digit_records.DigitRecords) -> list[float]:
    """Trains a run, and returns the resident sets in MB at the start of each epoch."""
    workdir = Path(flags.FLAGS.work_dir, f"memory_{width}")
    shutil.rmtree(workdir, ignore_errors=True)
    command = [sys.executable, "-m", "ivaae_tf", "train", "--flagfile=mnist_ivaae_radial"]
    command += [*data.flags, f"--width={width}", f"--workdir={workdir}", f"--epochs={epochs}"]
    sizes = []
    with subprocess.Popen(
        [*command, "--evaluate_every=0"], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if line.startswith("Epoch "):
                sizes.append(resident_set(process.pid) / 1e6)
    if process.returncode:
        raise RuntimeError(f"training exited with status {process.returncode}")
    return sizes


if __name__ == "__main__":
    program.run(main)
