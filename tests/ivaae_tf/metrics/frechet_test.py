"""The Fréchet distance against SciPy's sqrtm, exact low-rank algebra, and repeated draws."""

import numpy as np
import pytest
import scipy.linalg

from ivaae_tf.metrics.frechet import (
    few_samples_warning,
    frechet_distance,
    frechet_standard_error,
)
from ivaae_tf.metrics.gaussian_statistics import Gaussian, GaussianStatistics


def standard_normal(dim):
    return Gaussian(np.zeros(dim), np.eye(dim))


def _statistics(features):
    statistics = GaussianStatistics(features.shape[1])
    statistics.update(features)
    return statistics


def _sqrtm_distance(first, second):
    root = scipy.linalg.sqrtm(first.covariance @ second.covariance)
    return (
        np.sum((first.mean - second.mean) ** 2)
        + np.trace(first.covariance)
        + np.trace(second.covariance)
        - 2 * np.trace(np.real(root))
    )


def _random_gaussian(random, dim, eigenvalues):
    rotation = np.linalg.qr(random.normal(size=(dim, dim)))[0]
    return Gaussian(random.normal(size=dim), (rotation * eigenvalues) @ rotation.T)


@pytest.mark.parametrize("dim", [1, 2, 10, 64])
def test_equals_sqrtm_on_random_matrices(dim):
    random = np.random.default_rng(dim)
    first, second = (_random_gaussian(random, dim, random.gamma(2.0, size=dim)) for _ in range(2))
    np.testing.assert_allclose(
        frechet_distance(first, second), _sqrtm_distance(first, second), rtol=1e-9
    )


def test_equals_sqrtm_on_an_ill_conditioned_matrix():
    # Condition number 1e10: sqrtm itself has an error of about √(1e10 · 2e-16).
    random = np.random.default_rng(5)
    first = _random_gaussian(random, 40, np.logspace(-10, 0, 40))
    second = _random_gaussian(random, 40, np.logspace(0, -8, 40))
    np.testing.assert_allclose(
        frechet_distance(first, second), _sqrtm_distance(first, second), rtol=1e-4
    )


@pytest.mark.parametrize(("count", "other_count"), [(20, 30), (20, 500), (500, 20)])
def test_fewer_samples_than_features_is_exact(count, other_count):
    # With Σᵢ = XᵢᵀXᵢ/(nᵢ − 1), Tr (Σ₁Σ₂)^½ is the nuclear norm of X₁X₂ᵀ over √((n₁ − 1)(n₂ − 1)):
    # exact in the small space of samples, in which nothing is near-singular.
    random = np.random.default_rng(count)
    first, second = random.normal(size=(count, 100)), random.normal(1.0, 2.0, (other_count, 100))
    centered = [x - x.mean(0) for x in (first, second)]
    scale = np.sqrt((count - 1) * (other_count - 1))
    overlap = np.linalg.norm(centered[0] @ centered[1].T, "nuc") / scale
    exact = (
        np.sum((first.mean(0) - second.mean(0)) ** 2)
        + np.sum(centered[0] ** 2) / (count - 1)
        + np.sum(centered[1] ** 2) / (other_count - 1)
        - 2 * overlap
    )
    distance = frechet_distance(_statistics(first), _statistics(second))
    np.testing.assert_allclose(distance, exact, rtol=1e-11)
    # sqrtm of a singular product has an error of about the root of the rounding error.
    loose = _sqrtm_distance(_statistics(first), _statistics(second))
    np.testing.assert_allclose(distance, loose, rtol=1e-3)


def test_closed_forms():
    eye = standard_normal(6)
    moved = Gaussian(np.full(6, 0.5), np.eye(6))
    wider = Gaussian(np.zeros(6), 9 * np.eye(6))
    point = Gaussian(np.zeros(6), np.zeros((6, 6)))
    np.testing.assert_allclose(frechet_distance(eye, moved), 1.5)
    np.testing.assert_allclose(frechet_distance(eye, wider), 6 * (3 - 1) ** 2)
    np.testing.assert_allclose(frechet_distance(eye, point), 6)
    assert frechet_distance(wider, wider) < 1e-12


def test_is_symmetric_and_never_negative():
    random = np.random.default_rng(9)
    first = _statistics(random.normal(size=(50, 80)))
    second = _statistics(random.normal(size=(60, 80)))
    np.testing.assert_allclose(
        frechet_distance(first, second), frechet_distance(second, first), rtol=1e-12
    )
    assert 0 <= frechet_distance(first, first) < 1e-10


def test_diverged_features_score_nan():
    diverged = _statistics(np.array([[1.0, np.inf], [0.0, 1.0], [2.0, 2.0]]))
    assert np.isnan(frechet_distance(diverged, standard_normal(2)))
    assert np.isnan(frechet_standard_error(np.zeros((3, 2)), diverged, standard_normal(2)))


def test_refuses_unequal_numbers_of_features():
    with pytest.raises(ValueError, match="Received: 3 and 4"):
        frechet_distance(standard_normal(3), standard_normal(4))


def _draw_skewed(random, count):
    # Skewed and heavy-tailed: the error must not depend on normal features.
    noise = random.gamma(0.8, size=(count, 6))
    return noise * np.linspace(0.5, 2, 6) + 0.3 * noise[:, :1]


def test_standard_error_is_the_spread_over_repeated_draws():
    random = np.random.default_rng(11)
    reference = Gaussian(np.full(6, 0.4), np.diag(np.linspace(0.5, 3, 6)))
    distances, errors = [], []
    for _ in range(400):
        features = _draw_skewed(random, 1000)
        scored = _statistics(features)
        distances.append(frechet_distance(scored, reference))
        errors.append(frechet_standard_error(features[:500], scored, reference))
    # A standard deviation from 400 draws has itself an error of 1/√800 = 3.5 %.
    np.testing.assert_allclose(np.mean(errors), np.std(distances), rtol=0.12)


def test_standard_error_is_on_the_large_side_for_equal_distributions():
    random = np.random.default_rng(12)
    distances, errors = [], []
    for _ in range(200):
        features = random.normal(size=(500, 16))
        scored = _statistics(features)
        distances.append(frechet_distance(scored, standard_normal(16)))
        errors.append(frechet_standard_error(features, scored, standard_normal(16)))
    assert np.std(distances) < np.mean(errors) < 4 * np.std(distances)


def test_standard_error_is_finite_for_fewer_samples_than_features():
    features = np.random.default_rng(13).normal(size=(20, 50))
    error = frechet_standard_error(features, _statistics(features), standard_normal(50))
    assert 0 < error < frechet_distance(_statistics(features), standard_normal(50))


def test_warns_of_fewer_samples_than_features():
    assert few_samples_warning(65, 64) is None
    text = few_samples_warning(64, 64)
    assert "64 samples of 64 features" in text
    assert "rank 63" in text
    assert "biased upwards" in text
    assert "\n" not in text
