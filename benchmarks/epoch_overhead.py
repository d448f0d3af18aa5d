"""Times whole epochs of `ivaae train` on MNIST against the bare training step.

    python -m benchmarks.epoch_overhead

A whole epoch includes input, curves, validation, the checkpoint and everything else between the
starts of two epochs. Epochs alternate with bare steps on a batch in memory. The ratio of the times
per step would be 1 if only the steps took time. A tiny network, of width 0.02, shows the rest.
"""

import shutil
import sys
from pathlib import Path

from absl import flags

from benchmarks import digit_records, program
from benchmarks.epoch_program import EpochProgram
from benchmarks.figures import Figures
from benchmarks.stepper import Stepper

_OUT = program.define_out_flag()
_ROUNDS = flags.DEFINE_integer("rounds", 3, "Timed epochs of each width.", lower_bound=1)
_STEPS = flags.DEFINE_integer("num_steps", 100, "Bare steps around each epoch.", lower_bound=3)
digit_records.define_flags(num_images=60_000)

_BATCH_SIZE = 64
_WIDTHS = {"full width": 1.0, "width 0.02": 0.02}
_NUM_WARM_UP_STEPS = 3


def main():
    data = digit_records.from_flags()
    figures = Figures("epoch_overhead", data.description)
    for name, width in _WIDTHS.items():
        bare, epochs = _measure(width, data)
        whole = [1000 * seconds / (data.num_images // _BATCH_SIZE) for seconds in epochs]
        figures.add(
            f"MNIST, {name}, a step",
            "ms",
            {"bare step": bare, "whole epoch": whole},
            reference="bare step",
        )
    figures.write(_OUT.value)


def _measure(width: float, data: digit_records.DigitRecords) -> tuple[list[float], list[float]]:
    """Returns the milliseconds of bare steps, and the seconds of epochs."""
    workdir = Path(flags.FLAGS.work_dir, f"epoch_overhead_{width}")
    shutil.rmtree(workdir, ignore_errors=True)
    command = [sys.executable, "-m", "ivaae_tf", "train", "--flagfile=mnist_ivaae_radial"]
    command += [*data.flags, f"--width={width}", f"--workdir={workdir}", "--evaluate_every=0"]
    command += ["--pictures_every=1000000", f"--epochs={_ROUNDS.value + 2}"]
    stepper = Stepper("benchmarks.stepper", ["name=mnist", f"factor={width}"])
    epochs = []
    with EpochProgram(command) as program:
        program.seconds_of_an_epoch()  # also traces the step
        _bare_steps(stepper, _NUM_WARM_UP_STEPS)
        bare = _bare_steps(stepper, _STEPS.value)
        for _ in range(_ROUNDS.value):
            epochs.append(program.seconds_of_an_epoch())
            bare += _bare_steps(stepper, _STEPS.value)
    stepper.close()
    return bare, epochs


def _bare_steps(stepper: Stepper, num_steps: int) -> list[float]:
    return [1000 * stepper.seconds_of_a_step() for _ in range(num_steps)]


if __name__ == "__main__":
    program.run(main)
