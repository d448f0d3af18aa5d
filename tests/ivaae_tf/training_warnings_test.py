"""Warnings from made averages and scores."""

import math

import pytest

from ivaae_tf.training.callbacks.warnings import of_averages, of_scores
from tests.written_runs import fld

CEILING = math.log(5)


@pytest.mark.parametrize(
    ("averages", "kinds"),
    [
        ({"js_estimate": 0.3, "standard_deviation_rung_0": 1.2}, []),
        ({"js_estimate": -0.002, "standard_deviation_rung_0": 0.5}, []),  # noise at the balance
        ({"reconstruction_loss": 5.0}, []),
        ({"js_estimate": 0.995 * CEILING}, ["won"]),
        ({"js_estimate": -0.1}, ["below zero"]),
        ({"standard_deviation_rung_0": 30.0}, ["runs away"]),
        ({"standard_deviation_rung_0": 0.01}, ["dies"]),
        ({"js_estimate": CEILING, "standard_deviation_rung_0": 300.0}, ["won", "runs away"]),
    ],
)
def test_averages_that_go_wrong_are_named_with_what_to_try(averages, kinds):
    found = of_averages(averages, CEILING, has_prior=True, is_first=False)
    assert list(found) == kinds
    assert all("; try a" in text and "--" in text for text in found.values())


def test_codes_may_be_small_in_the_first_epoch_and_of_any_scale_without_a_prior():
    averages = {"standard_deviation_rung_0": 0.01}
    assert not of_averages(averages, CEILING, has_prior=True, is_first=True)
    assert not of_averages(averages, CEILING, has_prior=False, is_first=False)


def test_fld_that_rises_for_ten_evaluations():
    rising = [fld(0.1 * number, 10 * number) for number in range(1, 13)]
    assert not of_scores(rising[:10], 100)  # nine rises
    assert "from 0.1 to 1.1" in of_scores(rising[:11], 110)["fld"]
    assert "from 0.2 to 1.2" in of_scores(rising, 120)["fld"]
    assert not of_scores(rising, 125)  # no evaluation in this epoch
    fallen = [*rising[:5], fld(0.01, 60), *rising[6:]]
    assert not of_scores(fallen, 120)
    other_conditions = [*rising[:5], fld(0.01, 60, num_codes=5), *rising[5:]]
    assert of_scores(other_conditions, 120)
