"""Fully connected networks, for MNIST.

References:
    Intervention Adversarial Auto-encoder, under review at ICLR 2022, Table 3.
"""

import math
from collections.abc import Callable

import keras
from keras import layers


def encoder(image_shape: tuple[int, int, int], latent_dim: int, width: float = 1.0):
    """Returns E: images (m, *image_shape) in [−1, 1] to codes (m, latent_dim).

    Example:
        >>> encoder((8, 8, 1), latent_dim=4, width=0.1).output_shape
        (None, 4)
    """
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Flatten(),
            *_hidden_layers(width),
            layers.Dense(latent_dim, dtype="float32", name="codes"),
        ],
        name="encoder",
    )


def decoder(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    width: float = 1.0,
    wrap: Callable[[layers.Layer], layers.Layer] = lambda layer: layer,
):
    """Returns G: codes (m, latent_dim) to images (m, *image_shape) in [−1, 1].

    For vectors (d,) and signals (times, channels), the values have no bounds.

    Example:
        >>> decoder((8, 8, 1), latent_dim=4, width=0.1).output_shape
        (None, 8, 8, 1)
    """
    last = "tanh" if len(image_shape) > 2 else "linear"
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *map(wrap, _hidden_layers(width)),
            wrap(layers.Dense(math.prod(image_shape))),
            layers.Reshape(image_shape),
            layers.Activation(last, dtype="float32", name="images"),
        ],
        name="decoder",
    )


def discriminator(latent_dim: int, num_outputs: int, width: float = 1.0):
    """Returns D: codes (n, latent_dim) to logits (n, num_outputs).

    Example:
        >>> discriminator(latent_dim=4, num_outputs=3, width=0.1).output_shape
        (None, 3)
    """
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *_hidden_layers(width),
            layers.Dense(num_outputs, dtype="float32", name="logits"),
        ],
        name="discriminator",
    )


def image_discriminator(image_shape: tuple[int, int, int], num_outputs: int, width: float = 1.0):
    """Returns D of images (n, *image_shape) in [−1, 1], to logits (n, num_outputs).

    Example:
        >>> image_discriminator((8, 8, 1), num_outputs=2, width=0.1).output_shape
        (None, 2)
    """
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Flatten(),
            *_hidden_layers(width, "leaky_relu"),  # of slope 0.2
            layers.Dense(num_outputs, dtype="float32", name="logits"),
        ],
        name="image_discriminator",
    )


def _hidden_layers(width: float, activation: str = "relu") -> list[layers.Layer]:
    units = max(1, round(1024 * width))
    return [layers.Dense(units, activation=activation) for _ in range(2)]
