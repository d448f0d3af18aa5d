"""The timed training steps: radial IVAAE, always on the same batch."""

from collections.abc import Callable

import pipelines.startup  # noqa: F401

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf import FusedAdam, build_model

_SETTINGS = {
    # Name: network, image shape, d, batch size, width.
    "mnist": ("fully_connected", (64, 64, 1), 16, 64, 1.0),
    "convolutional": ("convolutional", (64, 64, 3), 64, 32, 0.5),
}


def training_step(
    name: str,
    optimizer: type[keras.optimizers.Optimizer] = FusedAdam,
    *,
    width: float = 1.0,
    jit_compile: bool = False,
) -> Callable[[], dict[str, float]]:
    """Returns a compiled training step that waits for its result.

    Args:
        name: "mnist", the step of mnist_ivaae_radial, or "convolutional", of half the width and 32
            images per batch.
        optimizer: The class of all three optimizers.
        width: Another factor on the width of the networks.
        jit_compile: Whether XLA compiles the step.
    """
    network, image_shape, latent_dim, batch_size, own_width = _SETTINGS[name]
    model = build_model(
        "ivaae_radial",
        network=network,
        image_shape=image_shape,
        latent_dim=latent_dim,
        width=own_width * width,
        seed=0,
    )
    model.compile(*(optimizer(1e-4, beta_1=0.5) for _ in range(3)))
    step = tf.function(model.train_step, jit_compile=jit_compile)
    images = np.random.default_rng(0).uniform(-1, 1, (batch_size, *image_shape))
    batch = tf.constant(images, tf.float32)
    return lambda: {name: float(value) for name, value in step(batch).items()}
