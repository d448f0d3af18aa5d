"""Residual networks, for photos of 32 to 256 pixels and for rectangles.

References:
    He et al. (2016), Identity Mappings in Deep Residual Networks:
    https://arxiv.org/abs/1603.05027
"""

import itertools
import math
from collections.abc import Callable

import keras
from keras import layers

from ivaae_tf.layers.group_normalization import GroupNormalization
from ivaae_tf.models.networks import convolutional
from ivaae_tf.setting_rules import check_sides, num_halvings

discriminator = convolutional.discriminator

_MOST_GROUPS = 8
_Wrap = Callable[[layers.Layer], layers.Layer]


def encoder(image_shape: tuple[int, int, int], latent_dim: int, width: float = 1.0):
    """Returns E: images (m, height, width, channels) in [−1, 1] to codes (m, latent_dim).

    For each halving of the sides, down to a shorter side of 4 to 7, there are a residual block and
    a convolution of stride 2. There is no batch normalization.

    Raises:
        ValueError: If the sides cannot be halved so often.

    Example:
        >>> encoder((24, 16, 3), latent_dim=4, width=0.1).output_shape
        (None, 4)
    """
    codes = layers.Dense(latent_dim, dtype="float32", name="codes")
    return _downward("encoder", image_shape, width, codes)


def decoder(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    width: float = 1.0,
    wrap: _Wrap = lambda layer: layer,
):
    """Returns G: codes (m, latent_dim) to images (m, height, width, channels) in [−1, 1].

    It mirrors E: each doubling is a nearest-neighbor upsampling, a convolution, which leaves no
    checkerboard, and a residual block.

    Raises:
        ValueError: If the sides cannot be halved as often as E halves them.

    Example:
        >>> decoder((24, 16, 3), latent_dim=4, width=0.1).output_shape
        (None, 24, 16, 3)

    References:
        Odena, Dumoulin and Olah (2016), Deconvolution and Checkerboard Artifacts:
        https://distill.pub/2016/deconv-checkerboard/
    """
    channels = _channels(image_shape, width)
    halved = 2 ** (len(channels) - 1)
    shape = (image_shape[0] // halved, image_shape[1] // halved, channels[-1])
    stages: list[layers.Layer] = []
    for each in channels[-2::-1]:
        stages += [
            layers.UpSampling2D(2, interpolation="nearest"),
            wrap(layers.Conv2D(each, 3, padding="same")),
            _block(each, wrap),
        ]
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            wrap(layers.Dense(math.prod(shape))),
            layers.Reshape(shape),
            *stages,
            *_normalized(channels[0]),
            wrap(layers.Conv2D(image_shape[-1], 3, padding="same")),
            layers.Activation("tanh", dtype="float32", name="images"),
        ],
        name="decoder",
    )


def image_discriminator(image_shape: tuple[int, int, int], num_outputs: int, width: float = 1.0):
    """Returns D of images (n, height, width, channels) in [−1, 1], to logits (n, num_outputs).

    It has the layers of E, whose normalization does not mix the images of a batch.

    Raises:
        ValueError: If the sides cannot be halved so often.

    Example:
        >>> image_discriminator((16, 16, 3), num_outputs=2, width=0.1).output_shape
        (None, 2)
    """
    logits = layers.Dense(num_outputs, dtype="float32", name="logits")
    return _downward("image_discriminator", image_shape, width, logits)


def _downward(name: str, image_shape: tuple[int, int, int], width: float, last: layers.Layer):
    channels = _channels(image_shape, width)
    stages: list[layers.Layer] = []
    for before, after in itertools.pairwise(channels):
        stages += [_block(before), layers.Conv2D(after, 3, strides=2, padding="same")]
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Conv2D(channels[0], 3, padding="same"),
            *stages,
            *_normalized(channels[-1]),
            layers.Flatten(),
            last,
        ],
        name=name,
    )


def _block(channels: int, wrap: _Wrap = lambda layer: layer) -> keras.Model:
    """Returns x + f(x) with two convolutions in f, each after normalization and SiLU."""
    inputs = keras.Input((None, None, channels))
    x = inputs
    for _ in range(2):
        for layer in _normalized(channels):
            x = layer(x)
        x = wrap(layers.Conv2D(channels, 3, padding="same"))(x)
    return keras.Model(inputs, layers.add([inputs, x]))


def _normalized(channels: int) -> list[layers.Layer]:
    groups = math.gcd(_MOST_GROUPS, channels)
    return [GroupNormalization(groups, epsilon=1e-5), layers.Activation("silu")]


def _channels(image_shape: tuple[int, int, int], width: float) -> list[int]:
    """Returns the channels at each size of the images, from the largest to the smallest.

    They depend on the size alone, 512 at sides of 4 and 8 down to 64 from 64 on, so that larger
    images need hardly more parameters.
    """
    check_sides("residual", *image_shape[:2])
    halvings = range(num_halvings(*image_shape[:2]), -1, -1)
    numbers = (max(64, min(512, 1024 >> remaining)) for remaining in halvings)
    return [max(1, round(number * width)) for number in numbers]
