"""Means over seeds with intervals, and Pareto fronts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.stats


class Interval(NamedTuple):
    """A mean over seeds or a difference of two, its 95 % interval and p-value; nan with one seed.

    The p-value is two-sided, for a mean or a difference of 0.
    """

    mean: float
    low: float
    high: float
    p: float = np.nan

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """Returns the mean of at least one value, and its interval by Student's t-test."""
        mean = float(np.mean(values))
        if len(values) < 2:
            return cls(mean, np.nan, np.nan)
        return cls._of_test(mean, scipy.stats.ttest_1samp(values, 0))

    @classmethod
    def between(cls, values: Sequence[float], others: Sequence[float]) -> "Interval":
        """Returns the difference of two means, and its interval by Welch's t-test.

        For different trainings, whose seeds have no more in common than their number.
        """
        mean = float(np.mean(values) - np.mean(others))
        if min(len(values), len(others)) < 2:
            return cls(mean, np.nan, np.nan)
        return cls._of_test(mean, scipy.stats.ttest_ind(values, others, equal_var=False))

    @classmethod
    def _of_test(cls, mean: float, test: Any) -> "Interval":
        low, high = test.confidence_interval(0.95)
        return cls(mean, float(low), float(high), float(test.pvalue))

    @property
    def exp(self) -> "Interval":
        """The ratio whose logarithm this is."""
        mean, low, high = map(float, np.exp(self[:3]))
        return Interval(mean, low, high, self.p)


def pareto_front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns the points that no other beats in both coordinates, by the first coordinate.

    Args:
        points: Pairs of which both are better if they are smaller.
    """
    front: list[tuple[float, float]] = []
    for point in sorted(points):
        if not front or point[1] < front[-1][1]:
            front.append(point)
    return front


def front_at(points: Sequence[tuple[float, float]], x: np.ndarray) -> np.ndarray:
    """Returns the second coordinate of the front at given first ones, between its points.

    Interpolated on a line of its logarithm. Beyond the last point of the front the value stays,
    because who may pay more need not; before the first it is nan.

    Args:
        points: Pairs of positive numbers.
        x: First coordinates.
    """
    firsts, seconds = np.array(pareto_front(points)).T
    values = np.exp(np.interp(x, firsts, np.log(seconds)))
    return np.where(x < firsts[0], np.nan, values)
