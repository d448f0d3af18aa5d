"""The mean of a quantity measured on each image, with its standard error."""

import numpy as np

from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics


class ImageMean:
    """Mean over a stream of images; the images are taken as independent draws."""

    def __init__(self):
        self._statistics = GaussianStatistics(1)

    def update(self, values: np.ndarray) -> None:
        """Adds one value an image, (n,)."""
        self._statistics.update(np.reshape(values, (-1, 1)))

    @property
    def count(self) -> int:
        """How many images."""
        return self._statistics.count

    @property
    def value(self) -> float:
        """The mean."""
        return float(self._statistics.mean[0])

    @property
    def standard_error(self) -> float | None:
        """The standard error of the mean; None for a single image."""
        if self.count < 2:
            return None
        return float(np.sqrt(self._statistics.covariance[0, 0] / self.count))
