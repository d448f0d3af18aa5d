"""Structural dissimilarity of images at several scales."""

import keras
import tensorflow as tf

from ivaae_tf.layers.likelihoods.base import Likelihood

_WINDOW = 11  # pixels, as in `tf.image.ssim`
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, from the finest


@keras.saving.register_keras_serializable("ivaae_tf")
class StructuralDissimilarity(Likelihood):
    """0.05 × the number of values × the mean of 1 − SSIM over up to five scales.

    Each scale has half the size of the one before; scales smaller than the window of 11 pixels are
    left out. The scales have the weights of MS-SSIM, divided by their sum. MS-SSIM itself
    is a product of powers, whose gradient is not finite where an image and its reconstruction are
    not correlated. The factor gives about the cost of `SquaredError` for an untrained decoder.
    It is not the logarithm of a density.

    Raises:
        ValueError: If a side of the images is below 11 pixels.

    Example:
        >>> x = tf.random.stateless_uniform([2, 16, 16, 1], [1, 2], -1, 1)
        >>> StructuralDissimilarity()(x, x).numpy()
        array([0., 0.], dtype=float32)

    References:
        Wang, Simoncelli and Bovik (2003), Multiscale Structural Similarity for Image Quality
        Assessment: https://doi.org/10.1109/ACSSC.2003.1292216
    """

    scale = 0.05

    def build(self, x_shape, x_hat_shape):
        """Checks the size of the images, (m, height, width, channels)."""
        shortest = min(x_shape[1:3])
        if len(x_shape) != 4 or shortest < _WINDOW:
            raise ValueError(
                f"likelihood=ssim needs images of at least {_WINDOW} pixels a side. Received: "
                f"{'×'.join(map(str, x_shape[1:]))}"
            )
        self._scale_weights = _WEIGHTS[: (shortest // _WINDOW).bit_length()]

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the dissimilarity of each, shape (m,)."""
        num_values = tf.cast(tf.size(x[0]), tf.float32)
        images = [(tf.cast(each, tf.float32) + 1) / 2 for each in (x, x_hat)]
        costs = []
        for weight in self._scale_weights:
            costs.append(weight * (1 - tf.image.ssim(*images, max_val=1.0)))
            images = [tf.nn.avg_pool2d(each, 2, 2, "VALID") for each in images]
        return self.scale * num_values * tf.add_n(costs) / sum(self._scale_weights)
