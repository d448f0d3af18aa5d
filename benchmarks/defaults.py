"""Times training steps with TensorFlow's oneDNN kernels by default, on and off.

    python -m benchmarks.defaults

Blocks of steps of three processes alternate. Prints the median times with their quartiles, and the
ratios of the medians to the median with the kernels on.
"""

import numpy as np
from absl import app, flags

from benchmarks.machine import processor_name
from benchmarks.stepper import Stepper, alternate

_ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks of three steps of each side.", lower_bound=1)
_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
_SIDES = {"nothing set": None, "set to 1": "1", "set to 0": "0"}


def main(argv):
    del argv
    print(processor_name())
    for name in ("mnist", "convolutional"):
        steppers = {
            side: Stepper("benchmarks.stepper", [f"name={name}"], {_VARIABLE: value})
            for side, value in _SIDES.items()
        }
        seconds = alternate(steppers, _ROUNDS.value, steps_in_a_block=3)
        times = {side: 1000 * values for side, values in seconds.items()}
        by_hand = np.median(times["set to 1"])
        for side, values in times.items():
            low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
            print(
                f"{name:14} {_VARIABLE} {side:12} {median:7.1f} ms ({low:.1f} to {high:.1f}), "
                f"ratio {median / by_hand:.2f}"
            )
        for stepper in steppers.values():
            stepper.close()


if __name__ == "__main__":
    app.run(main)
