"""The energy distance against SciPy in one dimension, and its floor and error by repetition."""

import numpy as np
import pytest
from scipy import stats

from ivaae_tf.metrics.energy_distance import energy_distance


def _sample(count, seed, shift=0.0, dim=3):
    return np.random.default_rng(seed).normal(shift, 1, (count, dim))


def test_it_is_the_square_of_scipy_s_in_one_dimension():
    first, second = _sample(60, 0, dim=1), _sample(80, 1, shift=0.5, dim=1)
    expected = stats.energy_distance(first[:, 0], second[:, 0]) ** 2
    assert energy_distance(first, second).value == pytest.approx(expected, rel=1e-9)


def test_equal_distributions_have_the_floor_on_average():
    """Checks 200 pairs to four standard errors."""
    found = [energy_distance(_sample(50, i), _sample(70, 1000 + i)) for i in range(200)]
    difference = np.array([each.value - each.floor for each in found])
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))


def test_the_standard_error_is_the_spread_over_samples():
    """The standard deviation of 200 values is known to 5 %, so four times that is allowed."""
    pairs = [(_sample(100, i), _sample(100, 1000 + i, shift=1.0)) for i in range(200)]
    found = [energy_distance(*pair) for pair in pairs]
    spread = np.std([each.value for each in found])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=0.2)


def test_a_number_that_is_not_finite_gives_nan():
    assert np.isnan(energy_distance(np.full((3, 2), np.nan), np.zeros((3, 2)))).all()
