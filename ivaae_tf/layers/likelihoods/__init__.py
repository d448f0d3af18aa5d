"""Likelihoods: the cost of a reconstruction."""

from ivaae_tf.layers.likelihoods.base import Likelihood
from ivaae_tf.layers.likelihoods.gaussian import GaussianLikelihood
from ivaae_tf.layers.likelihoods.squared_error import SquaredError

# Name -> class.
LIKELIHOODS = {"squared_error": SquaredError, "gaussian": GaussianLikelihood}

__all__ = ["LIKELIHOODS", "GaussianLikelihood", "Likelihood", "SquaredError"]
