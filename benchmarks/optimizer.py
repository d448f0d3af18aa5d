"""Compares the step times of the fused Adam and Keras's Adam on the MNIST networks.

    python -m benchmarks.optimizer

Both models train on the same images. Their timed steps alternate, so that background load affects
both.
"""

import time

import ivaae_tf.program.startup  # noqa: F401

import keras
from absl import flags

from benchmarks import program
from benchmarks.figures import Figures
from benchmarks.steps import training_step
from ivaae_tf import FusedAdam

_OUT = program.define_out_flag()
_NUM_STEPS = flags.DEFINE_integer("num_steps", 60, "Timed steps of each optimizer.", lower_bound=3)
_WIDTH = flags.DEFINE_float("width", 1.0, "Width of the networks.")
_JIT_COMPILE = flags.DEFINE_bool("jit_compile", False, "Compile the step with XLA.")
_NUM_WARM_UP_STEPS = 3


def main():
    figures = Figures("optimizer")
    options = {"factor": str(_WIDTH.value), "jit_compile": str(_JIT_COMPILE.value)}
    steps = {
        "keras.optimizers.Adam": training_step(keras.optimizers.Adam, **options),
        "FusedAdam": training_step(FusedAdam, **options),
    }
    times = {name: [] for name in steps}
    for index in range(_NUM_WARM_UP_STEPS + _NUM_STEPS.value):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if index >= _NUM_WARM_UP_STEPS:
                times[name].append(1000 * (time.perf_counter() - start))
    figures.add("MNIST step", "ms", times, reference="FusedAdam")
    figures.write(_OUT.value)


if __name__ == "__main__":
    program.run(main)
