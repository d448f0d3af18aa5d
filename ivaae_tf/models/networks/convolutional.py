"""Convolutional networks, for CelebA and CIFAR-10.

References:
    Intervention Adversarial Auto-encoder, under review at ICLR 2022, Table 4.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from ivaae_tf.layers import replicas
from ivaae_tf.setting_rules import check_sides

# Axes of an example -> its convolution, and the transposed one.
_CONVOLUTIONS = {
    2: (layers.Conv1D, layers.Conv1DTranspose),
    3: (layers.Conv2D, layers.Conv2DTranspose),
}


def encoder(image_shape: tuple[int, int, int], latent_dim: int, width: float = 1.0):
    """Returns E: images (m, height, width, channels) in [−1, 1] to codes (m, latent_dim).

    For signals (m, times, channels), the convolutions have one dimension.

    Raises:
        ValueError: If 16 does not divide the sides or the length (four strides of 2).

    Example:
        >>> encoder((16, 16, 3), latent_dim=4, width=0.1).output_shape
        (None, 4)
    """
    check_sides("convolutional", *image_shape[:-1])
    convolution, _ = _CONVOLUTIONS[len(image_shape)]
    blocks = []
    for channels in (128, 256, 512, 1024):
        blocks += [
            convolution(_scaled(channels, width), 5, strides=2, padding="same"),
            batch_normalization(),
            layers.ReLU(),
        ]
    return keras.Sequential(
        [
            keras.Input(image_shape),
            *blocks,
            layers.Flatten(),
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
    """Returns G: codes (m, latent_dim) to images (m, height, width, channels) in [−1, 1].

    The strides in Table 4 do not yield 64×64. Here a dense layer makes 1024 channels at an
    eighth of the height and width, three transposed convolutions of stride 2 reach the size, and
    one of stride 1 the channels. Signals (m, times, channels) have no bounds.

    Raises:
        ValueError: If 16 does not divide the sides, as E requires.

    Example:
        >>> decoder((16, 16, 3), latent_dim=4, width=0.1).output_shape
        (None, 16, 16, 3)
    """
    check_sides("convolutional", *image_shape[:-1])
    _, transposed = _CONVOLUTIONS[len(image_shape)]
    first_shape = (*(side // 8 for side in image_shape[:-1]), _scaled(1024, width))
    last = "tanh" if len(image_shape) > 2 else "linear"
    blocks = []
    for channels in (512, 256, 128):
        blocks += [
            wrap(transposed(_scaled(channels, width), 5, strides=2, padding="same")),
            batch_normalization(),
            layers.ReLU(),
        ]
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            wrap(layers.Dense(math.prod(first_shape), activation="relu")),
            layers.Reshape(first_shape),
            *blocks,
            wrap(transposed(image_shape[-1], 4, padding="same")),
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
            *(layers.Dense(_scaled(512, width), activation="relu") for _ in range(4)),
            layers.Dense(num_outputs, dtype="float32", name="logits"),
        ],
        name="discriminator",
    )


def image_discriminator(image_shape: tuple[int, int, int], num_outputs: int, width: float = 1.0):
    """Returns D of images (n, height, width, channels) in [−1, 1], to logits (n, num_outputs).

    It has the strides and channels of E. Without batch normalization, D cannot distinguish
    generated from real images by common features of a batch.

    Raises:
        ValueError: If 16 does not divide the sides (four strides of 2).

    Example:
        >>> image_discriminator((16, 16, 3), num_outputs=2, width=0.1).output_shape
        (None, 2)
    """
    check_sides("convolutional", *image_shape[:2])
    blocks = []
    for channels in (128, 256, 512, 1024):
        blocks += [
            layers.Conv2D(_scaled(channels, width), 5, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
        ]
    return keras.Sequential(
        [
            keras.Input(image_shape),
            *blocks,
            layers.Flatten(),
            layers.Dense(num_outputs, dtype="float32", name="logits"),
        ],
        name="image_discriminator",
    )


def batch_normalization(**options: Any) -> layers.BatchNormalization:
    """Returns batch normalization with momentum 0.9, as in PyTorch and the WAE authors' code.

    With several replicas, it computes the statistics of the global batch.
    """
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, synchronized=replicas.num_replicas() > 1, **options
    )


def _scaled(channels: int, width: float) -> int:
    return max(1, round(channels * width))
