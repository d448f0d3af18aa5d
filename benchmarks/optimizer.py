"""Compares the step times of the fused Adam and Keras's Adam on the MNIST networks.

    python -m benchmarks.optimizer

Both models train on the same images. Their timed steps alternate, so that other load on the machine
affects both. Prints the median times of a step with their quartiles, and the ratio of the medians.
"""

import time

import pipelines.startup  # noqa: F401

import keras
import numpy as np
from absl import app, flags

from benchmarks.steps import training_step
from ivaae_tf import FusedAdam

_NUM_STEPS = flags.DEFINE_integer("num_steps", 60, "Timed steps of each side.", lower_bound=3)
_WIDTH = flags.DEFINE_float("width", 1.0, "Width of the networks.")
_JIT_COMPILE = flags.DEFINE_bool("jit_compile", False, "Compile the step with XLA.")
_NUM_WARM_UP_STEPS = 3


def main(argv):
    del argv
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
                times[name].append(time.perf_counter() - start)
    for name, values in times.items():
        low, median, high = 1000 * np.quantile(values, [0.25, 0.5, 0.75])
        print(f"{name:22} {median:6.1f} ms a step (quartiles {low:.1f} to {high:.1f})")
    slow, fast = (np.median(values) for values in times.values())
    print(f"ratio of the medians   {slow / fast:6.2f}")


if __name__ == "__main__":
    app.run(main)
