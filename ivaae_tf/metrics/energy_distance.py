"""The energy distance of two samples, which sees modes that moments do not."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist


class EnergyDistance(NamedTuple):
    """The distance, its standard error, and its expected value for equal distributions."""

    value: float
    standard_error: float
    floor: float


def energy_distance(first: np.ndarray, second: np.ndarray) -> EnergyDistance:
    """Returns the energy distance 2 E‖x − y‖ − E‖x − x'‖ − E‖y − y'‖ of two samples.

    The means are over all pairs, also of a point with itself, so the distance is at least 0, and
    for n and m points of the same distribution (1/n + 1/m) E‖y − y'‖ on average, the floor
    (Székely and Rizzo, 2013). The standard error is the first-order term of both samples; near the
    floor it is too small.

    Both are (n, d) and (m, d), of at least two points; a number that is not finite gives nan.
    """
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return EnergyDistance(float("nan"), float("nan"), float("nan"))
    n, m = len(first), len(second)
    across = cdist(first, second)
    within, of_second = (cdist(each, each).mean(axis=1) for each in (first, second))
    variance = np.var(across.mean(axis=1) - within) / n
    variance += np.var(across.mean(axis=0) - of_second) / m
    return EnergyDistance(
        float(2 * across.mean() - within.mean() - of_second.mean()),
        float(2 * np.sqrt(variance)),
        float((1 / n + 1 / m) * of_second.mean() * m / (m - 1)),
    )
