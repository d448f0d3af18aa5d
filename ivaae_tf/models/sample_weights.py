"""Weights of images and of pixels: the `sample_weight` of `fit` and `evaluate`."""

from typing import Any

import tensorflow as tf

from ivaae_tf.layers.likelihoods import Likelihood


class EqualWeights:
    """Equal weights of all images and pixels, as without `sample_weight`."""

    def costs(self, likelihood: Likelihood, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the weighted cost of each reconstruction, shape (m,)."""
        return likelihood(x, x_hat)

    def of_images(self, values: tf.Tensor) -> tf.Tensor:
        """Returns values of images, shape (m,), times their weights."""
        return values

    def of_codes(self, z: tf.Tensor) -> tf.Tensor:
        """Returns codes (m, d) unchanged; their gradients are multiplied by the weights."""
        return z


class ImageWeights(EqualWeights):
    """A weight for each image, shape (m,).

    The mean loss is Σ w·loss / m, as in Keras. A divergence compares distributions, so its loss is
    not a sum over images: here the gradient of each code is multiplied by the weight of its image.
    """

    def __init__(self, weights: tf.Tensor):
        self._weights = weights

    def costs(self, likelihood, x, x_hat):
        """Returns the cost of each reconstruction times the weight of the image, shape (m,)."""
        return self.of_images(likelihood(x, x_hat))

    def of_images(self, values):
        """Returns values of images, shape (m,), times their weights."""
        return self._weights * values

    def of_codes(self, z):
        """Returns codes (m, d) unchanged; their gradients are multiplied by the weights."""

        @tf.custom_gradient
        def weighted(z):
            return tf.identity(z), lambda gradient: self._weights[:, tf.newaxis] * gradient

        return weighted(z)


class PixelWeights(EqualWeights):
    """A weight for each value of each image, shape (m, height, width, channels); 0 if missing."""

    def __init__(self, weights: tf.Tensor):
        self._weights = weights

    def costs(self, likelihood, x, x_hat):
        """Returns the cost of each reconstruction with weights of its pixels, shape (m,)."""
        return likelihood.weighted(x, x_hat, self._weights)


def weights_of(sample_weight: Any, x: tf.Tensor) -> EqualWeights:
    """Returns the weights of a batch.

    Args:
        sample_weight: None, weights of images, shape (m,), or of pixels: the shape of x, or with
            a single channel.
        x: Images (m, height, width, channels).

    Raises:
        ValueError: If it has another shape.
    """
    if sample_weight is None:
        return EqualWeights()
    weights = tf.cast(sample_weight, tf.float32)
    if weights.shape.rank == 1:
        return ImageWeights(weights)
    is_known = weights.shape.rank is not None  # not if the same compiled step had both kinds
    of_one_channel = [*x.shape[:-1], 1]
    if is_known and any(map(weights.shape.is_compatible_with, (x.shape, of_one_channel))):
        return PixelWeights(tf.broadcast_to(weights, tf.shape(x)))
    raise ValueError(
        f"sample_weight must have a weight for each image, or the shape of x, {x.shape}, or that "
        f"shape with one channel, and always the same kind. Received: {weights.shape}"
    )
