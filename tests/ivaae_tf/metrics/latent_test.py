"""Perfect codes score the floor; moved and scaled codes score their closed form."""

import numpy as np
import pytest

from ivaae_tf.metrics.frechet import frechet_distance
from ivaae_tf.metrics.gaussian_statistics import Gaussian, GaussianStatistics
from ivaae_tf.metrics.latent import expected_frechet_latent_distance


def standard_normal(dim):
    return Gaussian(np.zeros(dim), np.eye(dim))


def _fld(codes):
    return frechet_distance(codes, standard_normal(len(codes.mean)))


def _distance_of(codes):
    """Returns the FLD from NumPy's moments, and Tr Σ^½ from the codes' singular values."""
    centered = codes - codes.mean(0)
    root_trace = np.linalg.norm(centered, "nuc") / np.sqrt(len(codes) - 1)
    total = np.sum(centered**2) / (len(codes) - 1)
    return np.sum(codes.mean(0) ** 2) + total - 2 * root_trace + codes.shape[1]


@pytest.mark.parametrize("shape", [(200, 16), (1000, 3), (10, 40)])
def test_equals_an_independent_computation(shape):
    codes = np.random.default_rng(0).normal(0.3, 1.4, shape)
    statistics = GaussianStatistics(shape[1])
    statistics.update(codes)
    np.testing.assert_allclose(_fld(statistics), _distance_of(codes), rtol=1e-10)


def test_closed_forms():
    dim = 8
    moved = Gaussian(np.full(dim, 2.0), np.eye(dim))
    shrunken = Gaussian(np.zeros(dim), 0.25 * np.eye(dim))
    collapsed = Gaussian(np.zeros(dim), np.zeros((dim, dim)))
    np.testing.assert_allclose(_fld(moved), 4 * dim)
    np.testing.assert_allclose(_fld(shrunken), 0.25 * dim)
    np.testing.assert_allclose(_fld(collapsed), dim)
    np.testing.assert_allclose(_fld(standard_normal(dim)), 0, atol=1e-12)


def test_diverged_codes_score_nan():
    codes = GaussianStatistics(2)
    codes.update(np.array([[np.nan, 0.0], [1.0, 1.0], [2.0, 0.0]]))
    assert np.isnan(_fld(codes))


@pytest.mark.parametrize(
    ("count", "dim", "draws"),
    # Few and many codes, fewer codes than dimensions, n − 1 = d, and one dimension.
    [(100, 2, 8000), (1000, 64, 40), (60, 64, 200), (65, 64, 200), (12, 64, 200), (300, 1, 8000)],
)
def test_perfect_codes_score_the_floor(count, dim, draws):
    random = np.random.default_rng(count * dim)
    distances = [_distance_of(random.normal(size=(count, dim))) for _ in range(draws)]
    error = np.std(distances) / np.sqrt(draws)
    floor = expected_frechet_latent_distance(count, dim)
    # Four standard errors of the simulation, and the stated accuracy of the closed form.
    assert abs(np.mean(distances) - floor) < 4 * error + 0.003 * floor


def test_floor_at_the_counts_in_use():
    # The leading order of the floor is d/n + d(d + 1)/4n; at 1,000 samples the next order matters.
    floors = [expected_frechet_latent_distance(count, 64) for count in (1000, 10_000, 60_000)]
    np.testing.assert_allclose(floors, [1.1135, 0.1105, 0.0184], rtol=2e-3)
    leading = 512 / 1e6 + 512 * 513 / 4e6
    np.testing.assert_allclose(expected_frechet_latent_distance(1_000_000, 512), leading, rtol=1e-3)


def test_floor_falls_with_the_count():
    floors = [expected_frechet_latent_distance(n, 32) for n in (2, 8, 31, 32, 33, 34, 64, 1000)]
    assert np.all(np.diff(floors) < 0)


@pytest.mark.parametrize(("count", "dim"), [(1, 4), (10, 0)])
def test_floor_refuses_what_has_no_covariance(count, dim):
    with pytest.raises(ValueError, match=f"Received: {count} of {dim}"):
        expected_frechet_latent_distance(count, dim)
