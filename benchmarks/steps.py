"""Timed training steps of radial IVAAE or another method, always on the same batch."""

from collections.abc import Callable

import ivaae_tf.program.startup  # noqa: F401

import keras
import numpy as np
import tensorflow as tf

from benchmarks.step_settings import StepSettings
from ivaae_tf import FusedAdam, InterventionAutoencoder, build_model


def training_step(
    optimizer: type[keras.optimizers.Optimizer] = FusedAdam, **values: str
) -> Callable[[], np.ndarray]:
    """Returns a compiled training step that waits for its result, the logged scalars.

    Args:
        optimizer: The class of all three optimizers.
        values: Fields of `StepSettings`, as text.
    """
    settings = StepSettings.of(values)
    model = build(settings, optimizer)
    step = tf.function(model.train_step, jit_compile=settings.jit_compile, autograph=False)
    batch = tf.constant(images(settings))
    return lambda: tf.stack(list(step(batch).values())).numpy()


def build(
    settings: StepSettings, optimizer: type[keras.optimizers.Optimizer] = FusedAdam
) -> InterventionAutoencoder:
    """Returns the compiled model of the step."""
    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    model = build_model(
        settings.method,
        network=settings.network,
        image_shape=settings.image_shape,
        latent_dim=settings.latent_dim,
        num_bridges=settings.num_bridges or None,
        width=settings.width,
        seed=0,
    )
    model.compile(*(optimizer(1e-4, beta_1=0.5) for _ in range(3)))
    return model


def images(settings: StepSettings) -> np.ndarray:
    """Returns the batch, float32 of shape (m, height, width, channels)."""
    shape = (settings.batch_size, *settings.image_shape)
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
