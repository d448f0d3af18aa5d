"""Priors p(z) of the codes, which interventions leave unchanged and samplers draw from."""

from collections.abc import Callable
from typing import Any

from ivaae_tf.layers.priors.base import (
    ComponentPrior,
    Prior,
    get,
    spherical_interpolation,
)
from ivaae_tf.layers.priors.categorical import CategoricalPrior
from ivaae_tf.layers.priors.mixture import MixturePrior, default_mixture
from ivaae_tf.layers.priors.standard import GaussianPrior, SpherePrior, UniformPrior

# Name -> function of the dimension and of the number of components, which only mixture uses.
PRIORS: dict[str, Callable[[int, Any], Prior]] = {
    "gaussian": lambda dimension, num_components: GaussianPrior(dimension),
    "uniform": lambda dimension, num_components: UniformPrior(dimension),
    "sphere": lambda dimension, num_components: SpherePrior(dimension),
    "mixture": default_mixture,
}

__all__ = [
    "PRIORS",
    "CategoricalPrior",
    "ComponentPrior",
    "GaussianPrior",
    "MixturePrior",
    "Prior",
    "SpherePrior",
    "UniformPrior",
    "default_mixture",
    "get",
    "spherical_interpolation",
]
