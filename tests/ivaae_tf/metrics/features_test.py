"""Features are summarized for any batches, and sampled uniformly."""

import numpy as np
import pytest

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from ivaae_tf.metrics.features import FeatureSummary, summarize_images


class _Mean(FeatureExtractor):
    """The mean of each image, and its square: enough to distinguish images."""

    name, num_features, comparable_with_published_fid, fingerprint = "mean", 2, False, "00"

    def _features(self, images):
        mean = images.mean(axis=(1, 2, 3))
        return np.stack([mean, mean**2], axis=1)


def _images(count):
    return np.random.default_rng(0).integers(0, 256, (count, 5, 4, 1)).astype(np.uint8)


def test_moments_and_sample_are_of_all_images():
    images = _images(60)
    summary = summarize_images(_Mean(), np.split(images, [7, 50]))
    features = _Mean()(images)
    np.testing.assert_array_equal(summary.sample, features)
    np.testing.assert_allclose(
        summary.statistics.covariance, np.cov(features.astype(np.float64), rowvar=False)
    )


def test_the_sample_is_bounded_and_uniform():
    # Each of 60 features should be among the 15 in a quarter of 2,000 samples: 500 ± 4 · 19.4.
    taken = np.zeros(60)
    for seed in range(2000):
        summary = FeatureSummary(1, max_sample=15, seed=seed)
        for batch in np.split(np.arange(60.0)[:, None], [10, 11, 40]):
            summary.update(batch)
        kept = summary.sample[:, 0].astype(int)
        assert len(set(kept)) == 15
        taken[kept] += 1
    np.testing.assert_allclose(taken, 500, atol=78)


def test_refuses_what_is_no_batch_of_byte_images():
    for images in (np.zeros((2, 4, 4, 1)), np.zeros((2, 4, 4, 2), np.uint8)):
        with pytest.raises(ValueError, match="mean needs uint8 images"):
            _Mean()(images)
    assert _Mean()(np.zeros((0, 4, 4, 3), np.uint8)).shape == (0, 2)
    with pytest.raises(ValueError, match="Received: 0"):
        FeatureSummary(2, max_sample=0)
