"""Features of a stream of images, kept in bounded memory."""

from collections.abc import Iterable

import numpy as np

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics


class FeatureSummary:
    """The moments of all features, and a random sample of at most `max_sample`.

    The sample is the reservoir of Vitter (1985), algorithm R: every feature is equally likely to be
    in it, for any order and count, so the data may be sorted by class.

    Args:
        num_features: Dimension d of the features.
        max_sample: Number of features kept for scores that need pairs of them.
        seed: Seed of the sample.
    """

    def __init__(self, num_features: int, max_sample: int = 10_000, seed: int = 0):
        if max_sample < 1:
            raise ValueError(f"max_sample must be at least 1. Received: {max_sample}")
        self.statistics = GaussianStatistics(num_features)
        self._max_sample = max_sample
        self._reservoir = np.empty((max_sample, num_features), np.float32)
        self._random = np.random.default_rng(seed)

    @property
    def count(self) -> int:
        """The number of features so far."""
        return self.statistics.count

    @property
    def sample(self) -> np.ndarray:
        """The sample, float32, shape (min(count, max_sample), d)."""
        return self._reservoir[: self.count]

    def update(self, features: np.ndarray) -> None:
        """Adds a batch of features, shape (n, d)."""
        features = np.asarray(features, np.float32)
        seen = self.count
        self.statistics.update(features)
        room = max(self._max_sample - seen, 0)
        self._reservoir[seen : seen + room][: len(features)] = features[:room]
        later = features[room:]
        # Feature i of all, from 0, goes to a place drawn from 0 … i, if the sample has this place.
        # Of several features for one place, NumPy keeps the last, as a loop would.
        places = self._random.integers(0, np.arange(seen + room, seen + len(features)) + 1)
        kept = places < self._max_sample
        self._reservoir[places[kept]] = later[kept]


def summarize_images(
    extractor: FeatureExtractor,
    batches: Iterable[np.ndarray],
    max_sample: int = 10_000,
    seed: int = 0,
) -> FeatureSummary:
    """Returns the features of uint8 images, which come in batches (n, h, w, 1 or 3).

    The arguments `max_sample` and `seed` are those of `FeatureSummary`.
    """
    summary = FeatureSummary(extractor.num_features, max_sample, seed)
    for batch in batches:
        summary.update(extractor(np.asarray(batch)))
    return summary
