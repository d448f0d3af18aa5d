"""Posteriors q(z|x): the meaning of the numbers that an encoder returns."""

from collections.abc import Callable
from typing import Any

from ivaae_tf.layers.posteriors.base import Posterior
from ivaae_tf.layers.posteriors.fixed_variance import DEFAULT_SCALE, FixedVariancePosterior
from ivaae_tf.layers.posteriors.gaussian import GaussianPosterior
from ivaae_tf.layers.posteriors.point import PointPosterior

# Name -> function of a seed and of the standard deviation, which is for fixed_variance only.
POSTERIORS: dict[str, Callable[[int | None, Any], Posterior]] = {
    "point": lambda seed, scale: PointPosterior(),
    "gaussian": lambda seed, scale: GaussianPosterior(seed),
    "fixed_variance": lambda seed, scale: FixedVariancePosterior(scale, seed),
}

__all__ = [
    "DEFAULT_SCALE",
    "POSTERIORS",
    "FixedVariancePosterior",
    "GaussianPosterior",
    "PointPosterior",
    "Posterior",
]
