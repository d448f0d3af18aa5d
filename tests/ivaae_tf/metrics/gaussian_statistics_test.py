"""The streamed moments equal NumPy's, for any partition into batches."""

import numpy as np
import pytest

from ivaae_tf.metrics.gaussian_statistics import GaussianStatistics


@pytest.mark.parametrize("sizes", [(500,), (1, 499), (7, 0, 93, 400), (1,) * 500])
def test_equal_numpy_whatever_the_batches(sizes):
    features = np.random.default_rng(0).normal(3.0, 2.0, (500, 5)).astype(np.float32)
    statistics = GaussianStatistics(5)
    for batch in np.split(features, np.cumsum(sizes)[:-1]):
        statistics.update(batch)
    exact = features.astype(np.float64)
    assert statistics.count == 500
    np.testing.assert_allclose(statistics.mean, exact.mean(0), rtol=1e-12)
    np.testing.assert_allclose(statistics.covariance, np.cov(exact, rowvar=False), rtol=1e-11)


def test_features_far_from_zero_keep_their_variance():
    # The naive E[x²] − E[x]² has an error of 1e16 · 2e-16 ≈ 2 here: the variance is lost.
    features = 1e8 + np.random.default_rng(2).normal(size=(1000, 2))
    statistics = GaussianStatistics(2)
    for batch in np.split(features, 10):
        statistics.update(batch)
    np.testing.assert_allclose(
        statistics.covariance, np.cov(features - 1e8, rowvar=False), atol=1e-6
    )


def test_moments_survive_a_round_trip_and_can_be_added_to():
    features = np.random.default_rng(3).normal(size=(50, 3))
    statistics, whole = GaussianStatistics(3), GaussianStatistics(3)
    statistics.update(features[:30])
    whole.update(features)
    again = GaussianStatistics.from_moments(
        statistics.mean, statistics.covariance, statistics.count
    )
    again.update(features[30:])
    np.testing.assert_allclose(again.covariance, whole.covariance, rtol=1e-12)


def test_refuses_what_it_cannot_use():
    statistics = GaussianStatistics(3)
    with pytest.raises(ValueError, match=r"\(n, 3\). Received: \(2, 4\)"):
        statistics.update(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="at least 1 feature"):
        _ = statistics.mean
    statistics.update(np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"at least 2 features. Received: 1"):
        _ = statistics.covariance
    with pytest.raises(ValueError, match="Received: 0"):
        GaussianStatistics(0)
    with pytest.raises(ValueError, match="covariance"):
        GaussianStatistics.from_moments(np.zeros(3), np.eye(2), 10)
