import math

import numpy as np
import pytest

from ivaae_tf.program.ranges import SEEDS, Range


@pytest.mark.parametrize("value", [0.5, 1, 0.25, np.float32(0.5), np.int64(1)])
def test_a_range_has_its_bounds_and_what_is_between(value):
    assert value in Range(0.25, 1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.2, 10**400, "0.5", None])
def test_it_has_nothing_else(value):
    assert value not in Range(0.25, 1.0)


def test_a_range_from_zero_has_no_numbers_that_are_zero_in_float32():
    assert 0 in Range(0.0, 1.0) and 1e-37 in Range(0.0, 1.0)
    assert 1e-320 not in Range(0.0, 1.0)
    assert str(Range(0.0, 1.0)) == "0, or a number between 1e-37 and 1"


def test_a_range_of_integers_has_no_other_numbers():
    assert 2 in Range(1, 3)
    assert 2.0 not in Range(1, 3)
    assert str(SEEDS) == "an integer between 0 and 2,147,483,647"
    assert str(Range(1e-12, 10.0)) == "a number between 1e-12 and 10"


def test_the_text_of_a_range_has_all_digits_of_its_bounds():
    found = Range(0.30000001, 1234567.5)
    low, high = str(found).removeprefix("a number between ").split(" and ")
    assert (float(low), float(high)) == (found.low, found.high)
