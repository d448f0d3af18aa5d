"""Scores of the codes and samples of each seed, and what follows from their course."""

from collections.abc import Mapping, Sequence

import numpy as np

from ivaae_tf.metrics.frechet import frechet_distance
from ivaae_tf.metrics.gaussian_statistics import Gaussian

NUM_PARTS = 4  # parts of the coordinates with an own FLD, in their order
INTERVAL = 50  # steps between scores

# Values of a seed by their names, each of shape (seeds,).
Values = Mapping[str, np.ndarray]


def moments(points: np.ndarray) -> Gaussian:
    """Returns the mean and the covariance of points of shape (n, d), in float64."""
    points = np.asarray(points, np.float64)
    return Gaussian(points.mean(axis=0), np.cov(points, rowvar=False))


def fld(gaussian: Gaussian) -> float:
    """Returns the FLD of codes, as `frechet_distance` to N(0, I), by eigenvalues alone."""
    values = np.linalg.eigvalsh(gaussian.covariance)
    roots = np.sqrt(np.maximum(values, 0))
    return float(np.sum(gaussian.mean**2) + np.sum((1 - roots) ** 2))


def of_codes(codes: np.ndarray) -> dict[str, np.ndarray]:
    """Returns FLD, FLD by part, squared norm of the mean, and mean variance of each seed.

    Args:
        codes: Shape (seeds, n, d).
    """
    values = [_of_codes(moments(each)) for each in codes]
    return {name: np.array([each[name] for each in values]) for name in values[0]}


def _of_codes(gaussian: Gaussian) -> dict[str, float]:
    d = len(gaussian.mean)
    found = {
        "fld": fld(gaussian),
        "mean_norm_squared": float(np.sum(gaussian.mean**2)),
        "variance": float(np.trace(gaussian.covariance) / d),
    }
    for index, part in enumerate(np.array_split(np.arange(d), NUM_PARTS)):
        of_part = Gaussian(gaussian.mean[part], gaussian.covariance[np.ix_(part, part)])
        found[f"fld_part_{index + 1}"] = fld(of_part)
    return found


def of_samples(samples: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Returns the Fréchet distance of samples to the data, both (seeds, n, 2d), for each seed."""
    pairs = zip(samples, data, strict=True)
    return np.array([frechet_distance(moments(a), moments(b)) for a, b in pairs])


def of_course(flds: np.ndarray, d: int) -> dict[str, np.ndarray]:
    """Returns what follows from the FLDs at every `INTERVAL` steps, from step 0.

    It has the median of the last three, the lowest and its step, the first step below 0.02 d, and
    the largest after the first one below d / 10 divided by that one; nan if there is none.

    Args:
        flds: Shape (times, seeds).
        d: Dimension of the codes.
    """
    return {
        "fld_of_last_three": np.median(flds[-3:], axis=0),
        "lowest_fld": flds.min(axis=0),
        "step_of_lowest_fld": INTERVAL * flds.argmin(axis=0).astype(float),
        "steps_to_fld_0.02d": np.array([_first_below(each, 0.02 * d) for each in flds.T]),
        "oscillation": np.array([_oscillation(each, 0.1 * d) for each in flds.T]),
    }


def _first_below(flds: np.ndarray, level: float) -> float:
    (below,) = np.nonzero(flds < level)
    return float(INTERVAL * below[0]) if below.size else np.nan


def _oscillation(flds: np.ndarray, level: float) -> float:
    (below,) = np.nonzero(flds < level)
    return float(flds[below[0] :].max() / flds[below[0]]) if below.size else np.nan


def summary(times: Sequence[Values]) -> dict[int, dict[str, float]]:
    """Returns step -> statistics over the seeds; values that are not finite are left out.

    FLD has its geometric mean, and the limits of the middle 80 % of the seeds.
    """
    history = {}
    for index, values in enumerate(times):
        found = {name: float(np.mean(each)) for name, each in values.items() if name != "fld"}
        low, high = np.quantile(values["fld"], [0.1, 0.9])
        found |= {"fld": float(np.exp(np.mean(np.log(values["fld"])))), "low": low, "high": high}
        history[INTERVAL * index] = {
            name: float(f"{value:.5g}") for name, value in found.items() if np.isfinite(value)
        }
    return history
