"""Priors p(z) of the codes, which interventions leave unchanged and samplers draw from."""

from collections.abc import Callable
from typing import Any

from ivaae_tf.layers.priors.base import Prior, get, spherical_interpolation
from ivaae_tf.layers.priors.gaussian import GaussianPrior
from ivaae_tf.layers.priors.mixture import MixturePrior, default_mixture
from ivaae_tf.layers.priors.sphere import SpherePrior
from ivaae_tf.layers.priors.uniform import UniformPrior

# Name -> function of the dimension of a code and of the number of components, which only mixture
# uses.
PRIORS: dict[str, Callable[[int, Any], Prior]] = {
    "gaussian": lambda latent_dim, num_components: GaussianPrior(latent_dim),
    "uniform": lambda latent_dim, num_components: UniformPrior(latent_dim),
    "sphere": lambda latent_dim, num_components: SpherePrior(latent_dim),
    "mixture": default_mixture,
}

__all__ = [
    "PRIORS",
    "GaussianPrior",
    "MixturePrior",
    "Prior",
    "SpherePrior",
    "UniformPrior",
    "default_mixture",
    "get",
    "spherical_interpolation",
]
