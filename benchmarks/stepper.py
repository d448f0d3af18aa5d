"""A training step in a process of its own, which runs when it is told to.

Programs that compare processes, such as those of other environment variables, start some of these
and let their steps alternate, so that whatever else the machine does touches all of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping

_SETTINGS = {
    # Name: network, image shape, d, batch size, width.
    "mnist": ("fully_connected", (64, 64, 1), 16, 64, 1.0),
    "convolutional": ("convolutional", (64, 64, 3), 64, 32, 0.5),
}


class Stepper:
    """A process that trains radial IVAAE on one batch again and again.

    Args:
        name: "mnist", the step of mnist_ivaae_radial, or "convolutional", half as wide and with 32
            images in a batch.
        environment: Variables to set; None as a value unsets one.
    """

    def __init__(self, name: str, environment: Mapping[str, str | None] = {}):
        variables = {**os.environ, **environment}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stepper", name],
            env={key: value for key, value in variables.items() if value is not None},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds_of_a_step(self) -> float:
        """Runs a step and returns how long it took."""
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def serve(name: str) -> None:
    """Runs a step for each line of standard input, and prints its seconds."""
    import pipelines.startup  # noqa: F401, I001
    import numpy as np
    import tensorflow as tf

    from ivaae_tf import FusedAdam, build_model

    network, image_shape, latent_dim, batch_size, width = _SETTINGS[name]
    model = build_model(
        "ivaae_radial",
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        width=width,
        seed=0,
    )
    model.compile(*(FusedAdam(1e-4, beta_1=0.5) for _ in range(3)))
    step = tf.function(model.train_step)
    images = np.random.default_rng(0).uniform(-1, 1, (batch_size, *image_shape)).astype("float32")
    batch = tf.constant(images)
    for _ in sys.stdin:
        start = time.perf_counter()
        for value in step(batch).values():
            float(value)  # waits for the result
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
