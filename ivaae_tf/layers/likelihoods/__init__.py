"""Likelihoods: costs of reconstructions."""

from ivaae_tf.layers.likelihoods.base import Likelihood
from ivaae_tf.layers.likelihoods.bernoulli import BernoulliLikelihood
from ivaae_tf.layers.likelihoods.errors import AbsoluteError, EuclideanDistance, SquaredError
from ivaae_tf.layers.likelihoods.gaussian import GaussianLikelihood
from ivaae_tf.layers.likelihoods.structural import StructuralDissimilarity

# Name -> class.
LIKELIHOODS: dict[str, type[Likelihood]] = {
    "squared_error": SquaredError,
    "gaussian": GaussianLikelihood,
    "l1": AbsoluteError,
    "l2": EuclideanDistance,
    "bernoulli": BernoulliLikelihood,
    "ssim": StructuralDissimilarity,
}
