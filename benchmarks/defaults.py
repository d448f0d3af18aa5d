"""Times training steps with TensorFlow's default for oneDNN kernels, and with them on and off.

    python -m benchmarks.defaults

Blocks of steps of the three processes alternate.
"""

from absl import flags

from benchmarks import program
from benchmarks.figures import Figures
from benchmarks.stepper import Stepper, alternate

_OUT = program.define_out_flag()
_ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks of three steps of each process.", lower_bound=1)
_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
_SIDES = {"nothing set": None, "set to 1": "1", "set to 0": "0"}


def main():
    figures = Figures("defaults")
    for name in ("mnist", "convolutional"):
        steppers = {
            side: Stepper("benchmarks.stepper", [f"name={name}"], {_VARIABLE: value})
            for side, value in _SIDES.items()
        }
        seconds = alternate(steppers, _ROUNDS.value, steps_in_a_block=3)
        for stepper in steppers.values():
            stepper.close()
        milliseconds = {side: 1000 * values for side, values in seconds.items()}
        figures.add(f"{name}, {_VARIABLE}", "ms", milliseconds, reference="set to 1")
    figures.write(_OUT.value)


if __name__ == "__main__":
    program.run(main)
