"""Mean and covariance of many features, updated in batches."""

from typing import NamedTuple

import numpy as np


class Gaussian(NamedTuple):
    """A normal distribution: `mean` (d,) and `covariance` (d, d)."""

    mean: np.ndarray
    covariance: np.ndarray


def spectrum(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns a covariance's positive eigenvalues (rank,) and eigenvectors (d, rank).

    Eigenvalues within rounding of zero are directions without variance. They are dropped, because
    the root of 1e-16, summed over many of them, would be visible in a distance.
    """
    values, vectors = np.linalg.eigh(covariance)
    kept = values > len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
    return values[kept], vectors[:, kept]


class GaussianStatistics:
    """Count, mean and covariance in float64, updated a batch at a time.

    Batches are merged by the pairwise update of Chan, Golub and LeVeque (1979). It sums squares
    about the running mean, so features far from zero keep their digits, and memory is O(d²) for any
    count. Features that are not finite make the moments not finite.

    Args:
        num_features: Number d of features, at least 1.

    Raises:
        ValueError: If `num_features` is below 1.
    """

    def __init__(self, num_features: int):
        if num_features < 1:
            raise ValueError(f"num_features must be at least 1. Received: {num_features}")
        self.num_features = num_features
        self.count = 0
        self._mean = np.zeros(num_features)
        self._scatter = np.zeros((num_features, num_features))

    @classmethod
    def from_moments(
        cls, mean: np.ndarray, covariance: np.ndarray, count: int
    ) -> "GaussianStatistics":
        """Returns the statistics of `count` features, at least 2, with these moments."""
        statistics = cls(len(mean))
        if covariance.shape != (len(mean), len(mean)) or count < 2:
            raise ValueError(
                f"The covariance must be ({len(mean)}, {len(mean)}), of at least 2 samples. "
                f"Received: {covariance.shape} of {count}"
            )
        statistics.count = int(count)
        statistics._mean = np.array(mean, np.float64)
        statistics._scatter = np.array(covariance, np.float64) * (count - 1)
        return statistics

    def update(self, batch: np.ndarray) -> None:
        """Adds features of shape (n, d); an empty batch changes nothing.

        Raises:
            ValueError: If the batch has another shape.
        """
        batch = np.asarray(batch, np.float64)
        if batch.ndim != 2 or batch.shape[1] != self.num_features:
            raise ValueError(f"Features must be (n, {self.num_features}). Received: {batch.shape}")
        if len(batch):
            mean = batch.mean(axis=0)
            with np.errstate(invalid="ignore", over="ignore"):
                centered = batch - mean
                self._add(len(batch), mean, centered.T @ centered)

    @property
    def mean(self) -> np.ndarray:
        """The mean, shape (d,)."""
        if not self.count:
            raise ValueError("The mean needs at least 1 feature. Received: 0")
        return self._mean

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance (divisor count - 1, as `np.cov`), shape (d, d)."""
        if self.count < 2:
            raise ValueError(f"A covariance needs at least 2 features. Received: {self.count}")
        return self._scatter / (self.count - 1)

    def _add(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        total = self.count + count
        shift = mean - self._mean
        # In place: at 2,048 features each array of this shape is 32 MiB.
        self._scatter += scatter
        self._scatter += np.outer(shift * (self.count * count / total), shift)
        self._mean = self._mean + shift * (count / total)
        self.count = total
