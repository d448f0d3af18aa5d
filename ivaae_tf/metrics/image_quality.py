"""Quality of individual images: squared error, structural similarity, sharpness."""

import numpy as np
import scipy.ndimage

from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics
from ivaae_tf.metrics.score import Score

_SSIM_WINDOW = 11
# The luma of ITU-R BT.601, as in `tf.image.rgb_to_grayscale`.
_LUMA = np.array([0.2989, 0.5870, 0.1140])


class RunningMean:
    """Mean of one value per image, with its standard error for independent images."""

    def __init__(self):
        self._statistics = GaussianStatistics(1)

    def update(self, values: np.ndarray) -> None:
        """Adds one value for each image, shape (n,)."""
        self._statistics.update(np.reshape(values, (-1, 1)))

    @property
    def count(self) -> int:
        """The number of images so far."""
        return self._statistics.count

    @property
    def value(self) -> float:
        """The mean."""
        return float(self._statistics.mean[0])

    @property
    def standard_error(self) -> float | None:
        """The standard error of the mean, or None for a single image."""
        if self.count < 2:
            return None
        return float(np.sqrt(self._statistics.covariance[0, 0] / self.count))


def squared_errors(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns each image's sum of squared errors, shape (n,), in squared input units.

    Args:
        images: Shape (n, h, w, c), or (n, d); reported errors of images are for [-1, 1].
        reconstructions: The same shape and range.
    """
    difference = np.asarray(images, np.float64) - np.asarray(reconstructions, np.float64)
    return np.sum(difference**2, axis=tuple(range(1, difference.ndim)))


def structural_similarities(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns the SSIM of each image and its reconstruction, shape (n,), at most 1.

    Wang et al. (2004), equation 13, with their 11×11 Gaussian window of standard deviation 1.5,
    K₁ = .01 and K₂ = .03; the mean over the positions where the window fits, and over channels.
    It equals `tf.image.ssim`, which takes 30 times as long on a CPU (depthwise convolutions).

    Args:
        images: Type uint8, shape (n, h, w, c), at least 11 pixels high and wide.
        reconstructions: The same type and shape.

    Raises:
        ValueError: If an array is not uint8 with four axes, or smaller than the window.
    """
    for array in (images, reconstructions):
        if array.dtype != np.uint8 or array.ndim != 4 or min(array.shape[1:3]) < _SSIM_WINDOW:
            raise ValueError(
                f"SSIM needs uint8 images (n, h, w, c) of at least {_SSIM_WINDOW} pixels a side. "
                f"Received: {array.dtype} {array.shape}"
            )
    x, y = images.astype(np.float64), reconstructions.astype(np.float64)
    mean_x, mean_y = _windowed(x), _windowed(y)
    variances = _windowed(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return np.mean(luminance * (2 * covariance + c2) / (variances + c2), axis=(1, 2, 3))


def _windowed(values: np.ndarray) -> np.ndarray:
    """Returns the means under the window, at the positions where it fits."""
    reach = _SSIM_WINDOW // 2
    means = scipy.ndimage.gaussian_filter(values, sigma=1.5, radius=reach, axes=(1, 2))
    return means[:, reach:-reach, reach:-reach]


class ReconstructionError:
    """Mean squared error of reconstructions, and mean SSIM if its window fits."""

    def __init__(self):
        self._errors = RunningMean()
        self._mean_errors = RunningMean()
        self._similarities = RunningMean()

    def update(self, images: np.ndarray, reconstructions: np.ndarray) -> None:
        """Adds a batch: two float arrays, (n, h, w, c) in [-1, 1] or other scaled rows.

        Raises:
            ValueError: If the shapes differ or do not have two to four axes.
        """
        images, reconstructions = np.asarray(images), np.asarray(reconstructions)
        if images.shape != reconstructions.shape or images.ndim not in (2, 3, 4):
            raise ValueError(
                "Images and reconstructions must have one shape, with two to four axes. "
                f"Received: {images.shape} and {reconstructions.shape}"
            )
        errors = squared_errors(images, reconstructions)
        self._errors.update(errors)
        self._mean_errors.update(errors / np.prod(images.shape[1:]))
        if images.ndim == 4 and min(images.shape[1:3]) >= _SSIM_WINDOW:
            self._similarities.update(
                structural_similarities(_to_bytes(images), _to_bytes(reconstructions))
            )

    def scores(self) -> list[Score]:
        """Returns the means over all images, with their standard errors."""
        means = [("reconstruction_sse", self._errors, False)]
        means.append(("reconstruction_mse", self._mean_errors, False))
        if self._similarities.count:
            means.append(("ssim", self._similarities, True))
        return [
            Score(name, mean.value, better, mean.standard_error, {"num_images": mean.count})
            for name, mean, better in means
        ]


def _to_bytes(images: np.ndarray) -> np.ndarray:
    """Converts [-1, 1] to uint8, rounded as in an image file; nan becomes black."""
    scaled = np.nan_to_num((images.astype(np.float64) + 1) * 127.5, nan=0.0)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def image_sharpness(images: np.ndarray) -> np.ndarray:
    """Returns the variance of the Laplacian of each image, shape (n,).

    Tolstikhin et al. (2018), section 4: the image in [-1, 1], turned to gray, is convolved with
    [[0, 1, 0], [1, -4, 1], [0, 1, 0]] at every position where the filter fits ("valid"). The
    variance is over the (h − 2)(w − 2) results. Blur lowers it and noise raises it, so compare it
    with the sharpness of the data. The gray of images without three channels is their mean.

    Args:
        images: Shape (n, h, w, channels), at least 3 pixels a side, uint8 or float in [-1, 1].

    Raises:
        ValueError: If the images have another shape.
    """
    if images.ndim != 4 or min(images.shape[1:3]) < 3:
        raise ValueError(
            f"Images must be (n, h, w, channels), h and w at least 3. Received: {images.shape}"
        )
    values = images.astype(np.float64)
    if images.dtype == np.uint8:
        values = values / 127.5 - 1
    gray = values @ _LUMA if images.shape[3] == 3 else values.mean(axis=3)
    neighbors = gray[:, :-2, 1:-1] + gray[:, 2:, 1:-1] + gray[:, 1:-1, :-2] + gray[:, 1:-1, 2:]
    return np.var(neighbors - 4 * gray[:, 1:-1, 1:-1], axis=(1, 2))


class Sharpness:
    """Mean sharpness of images, updated in batches."""

    def __init__(self):
        self._mean = RunningMean()

    def update(self, images: np.ndarray) -> None:
        """Adds a batch of images in the format of `image_sharpness`."""
        self._mean.update(image_sharpness(np.asarray(images)))

    def score(self) -> Score:
        """Returns the mean over all images, with its standard error."""
        mean = self._mean
        return Score("sharpness", mean.value, None, mean.standard_error, {"num_images": mean.count})
