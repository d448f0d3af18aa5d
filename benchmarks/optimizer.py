"""The fused Adam against Keras's, on the training step of the MNIST networks: a ratio in one run.

    python -m benchmarks.optimizer

Both models train on the same images; their timed steps alternate, so that whatever else the
machine does touches both. Printed are the median times of a step, with their quartiles, and the
ratio of the medians.
"""

import time

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

from ivaae_tf import FusedAdam, build_model

_NUM_STEPS = flags.DEFINE_integer("num_steps", 60, "Timed steps of each side.", lower_bound=3)
_WIDTH = flags.DEFINE_float("width", 1.0, "Width of the networks.")
_JIT_COMPILE = flags.DEFINE_bool("jit_compile", False, "Compile the step with XLA.")
_NUM_WARM_UP_STEPS = 3


def main(argv):
    del argv
    images = np.random.default_rng(0).uniform(-1, 1, (64, 64, 64, 1)).astype("float32")
    steps = {
        "keras.optimizers.Adam": training_step(keras.optimizers.Adam),
        "FusedAdam": training_step(FusedAdam),
    }
    times = {name: [] for name in steps}
    for index in range(_NUM_WARM_UP_STEPS + _NUM_STEPS.value):
        for name, step in steps.items():
            start = time.perf_counter()
            step(images)
            if index >= _NUM_WARM_UP_STEPS:
                times[name].append(time.perf_counter() - start)
    for name, values in times.items():
        low, median, high = 1000 * np.quantile(values, [0.25, 0.5, 0.75])
        print(f"{name:22} {median:6.1f} ms a step (quartiles {low:.1f} to {high:.1f})")
    slow, fast = (np.median(values) for values in times.values())
    print(f"ratio of the medians   {slow / fast:6.2f}")


def training_step(optimizer_class):
    """Returns a compiled training step of radial IVAAE that waits for its result."""
    model = build_model(
        "ivaae_radial",
        network="fully_connected",
        image_shape=(64, 64, 1),
        latent_dim=16,
        width=_WIDTH.value,
        seed=0,
    )
    model.compile(*(optimizer_class(1e-4, beta_1=0.5) for _ in range(3)))
    step = tf.function(model.train_step, jit_compile=_JIT_COMPILE.value)
    return lambda images: {name: float(value) for name, value in step(images).items()}


if __name__ == "__main__":
    app.run(main)
