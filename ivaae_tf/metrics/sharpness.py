"""Sharpness of images: the variance of their Laplacian."""

import numpy as np

from ivaae_tf.metrics.image_mean import ImageMean
from ivaae_tf.metrics.score import Score

# The luma of ITU-R BT.601, as `tf.image.rgb_to_grayscale` takes it.
_LUMA = np.array([0.2989, 0.5870, 0.1140])


def sharpness(images: np.ndarray) -> np.ndarray:
    """Variance of the Laplacian of each image, (n,).

    Tolstikhin et al. (2018), section 4: the image in [-1, 1], turned to grey, is convolved with
    the filter [[0, 1, 0], [1, -4, 1], [0, 1, 0]] at every position where it fits ("valid"), and
    the variance over the (h − 2)(w − 2) results is taken. Blur lowers it, noise raises it: it is
    read against the same number on the data.

    Args:
        images: uint8 (n, h, w, 1 or 3), or float in [-1, 1], at least 3 pixels high and wide.

    Raises:
        ValueError: another shape.
    """
    if images.ndim != 4 or images.shape[3] not in (1, 3) or min(images.shape[1:3]) < 3:
        raise ValueError(
            f"expected images (n, h, w, 1 or 3) of 3 pixels a side or more, received {images.shape}"
        )
    values = images.astype(np.float64)
    if images.dtype == np.uint8:
        values = values / 127.5 - 1
    grey = values @ _LUMA if images.shape[3] == 3 else values[..., 0]
    neighbours = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.var(neighbours - 4 * grey[:, 1:-1, 1:-1], axis=(1, 2))


class Sharpness:
    """Mean sharpness over a stream of images."""

    def __init__(self):
        self._mean = ImageMean()

    def update(self, images: np.ndarray) -> None:
        """Adds a batch of images, as `sharpness` takes them."""
        self._mean.update(sharpness(np.asarray(images)))

    def score(self) -> Score:
        """The mean over all images, with its standard error."""
        mean = self._mean
        return Score("sharpness", mean.value, None, mean.standard_error, {"num_images": mean.count})
