"""Small models and images for tests of a model as a whole."""

import keras
import numpy as np

from ivaae_tf.models.build import build_model

IMAGE_SHAPE = (4, 4, 1)


def small_model(
    method="ivaae_radial",
    optimizer=keras.optimizers.SGD,
    rates=(0.1, 0.1, 0.1),
    steps_per_execution=1,
    **options,
):
    """Returns a small compiled model; `rates` are the learning rates of E, G and D."""
    settings = {"network": "fully_connected", "image_shape": IMAGE_SHAPE, "latent_dim": 4}
    model = build_model(method, width=1 / 64, seed=7, **{**settings, **options})
    encoder, decoder, discriminator = (optimizer(rate) for rate in rates)
    model.compile(
        encoder,
        decoder,
        discriminator,
        jit_compile=False,
        steps_per_execution=steps_per_execution,
    )
    return model


def random_images(num_images=8, seed=0, image_shape=IMAGE_SHAPE):
    images = np.random.default_rng(seed).uniform(-1, 1, (num_images, *image_shape))
    return images.astype(np.float32)


def assert_equal(values, expected, **tolerance):
    for value, reference in zip(values, expected, strict=True):
        if tolerance:
            np.testing.assert_allclose(value, reference, **tolerance)
        else:
            np.testing.assert_array_equal(value, reference)
