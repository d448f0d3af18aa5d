"""Summary of the features of many images, in bounded memory."""

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
        max_sample: Largest size of the sample, for scores that compare pairs of features.
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
        # Feature i, counted from 0, gets a random index in 0 … i and replaces the sample's feature
        # at this index, if there is one. If several features get the same index, the last one in
        # the batch replaces the others, as in a loop.
        indices = self._random.integers(0, np.arange(seen + room, seen + len(features)) + 1)
        is_sampled = indices < self._max_sample
        self._reservoir[indices[is_sampled]] = later[is_sampled]


def summarize_images(
    extractor: FeatureExtractor,
    batches: Iterable[np.ndarray],
    max_sample: int = 10_000,
    seed: int = 0,
) -> FeatureSummary:
    """Returns a summary of the features of uint8 images, given in batches (n, h, w, 1 or 3).

    `max_sample` and `seed` are passed to `FeatureSummary`.
    """
    summary = FeatureSummary(extractor.num_features, max_sample, seed)
    for batch in batches:
        summary.update(extractor(np.asarray(batch)))
    return summary
