"""Compares p-values of costs with their definition, and checks their distribution."""

import numpy as np
import pytest

from ivaae_tf.evaluation.outliers.calibration import Calibration, p_values
from ivaae_tf.program.errors import UserError


def _costs(seed, count):
    return np.round(np.random.default_rng(seed).gamma(2, 1, count), 1)  # with ties


def test_p_values_count_the_held_out_images_that_cost_as_much():
    held_out, costs = np.sort(_costs(0, 50)), _costs(1, 20)
    expected = [(1 + sum(held_out >= cost)) / 51 for cost in costs]
    np.testing.assert_allclose(p_values(costs, held_out), expected)


def test_a_held_out_image_is_compared_with_the_others():
    held_out = np.sort(_costs(0, 50))
    for index, cost in enumerate(held_out):
        others = np.delete(held_out, index)
        (value,) = p_values(np.array([cost]), held_out, are_held_out=True)
        np.testing.assert_allclose(value, p_values(np.array([cost]), others)[0])


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.5])
def test_false_alarms_are_as_rare_as_asked(rate):
    """Of an image like the held-out ones, P(p ≤ α) = α if α (n+1) is whole; within five errors."""
    num_trials, n = 20_000, 39
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(num_trials, n + 1))
    alarms = [p_values(draw[:1], np.sort(draw[1:]))[0] <= rate for draw in draws]
    error = np.sqrt(rate * (1 - rate) / num_trials)
    assert abs(np.mean(alarms) - rate) < 5 * error


@pytest.mark.parametrize("rate", [1 / 51, 0.02, 0.1, 0.33, 0.5])
def test_what_costs_more_than_the_threshold_has_a_p_value_of_at_most_the_rate(rate):
    held_out = _costs(0, 50)
    calibration = Calibration(held_out, held_out, epoch=1)
    costs = np.concatenate([held_out, _costs(1, 200), held_out + 1e-6])
    values = p_values(costs, calibration.reconstruction_sse)
    np.testing.assert_array_equal(costs > calibration.threshold(rate), values <= rate + 1e-12)


def test_a_rate_that_the_held_out_images_cannot_show_is_refused():
    calibration = Calibration(np.ones(50), np.ones(50), epoch=1)
    with pytest.raises(UserError, match=r"--false_alarm_rate must be at least 1/51 .*found 0\.01"):
        calibration.threshold(0.01)
    with pytest.raises(UserError, match=r"at least 1/51 .*found 0\.01960784\d+$") as caught:
        calibration.threshold(1 / 51 - 1e-9)
    assert float(str(caught.value).split()[-1]) < 1 / 51  # The message does not contradict itself.


def test_it_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "calibration.npz"
    assert Calibration.load(path) is None
    stored = Calibration(_costs(0, 5), _costs(1, 5), epoch=7)
    stored.save(path)
    loaded = Calibration.load(path)
    np.testing.assert_array_equal(loaded.reconstruction_sse, stored.reconstruction_sse)
    np.testing.assert_array_equal(loaded.latent_energy, stored.latent_energy)
    assert loaded.epoch == 7


@pytest.mark.parametrize(("num_sse", "num_energies"), [(0, 0), (5, 4)])
def test_costs_of_no_images_or_of_different_ones_are_named(tmp_path, num_sse, num_energies):
    path = tmp_path / "calibration.npz"
    Calibration(_costs(0, num_sse), _costs(1, num_energies), epoch=7).save(path)
    with pytest.raises(UserError, match=f"has {num_sse} costs .* and {num_energies} of codes"):
        Calibration.load(path)
