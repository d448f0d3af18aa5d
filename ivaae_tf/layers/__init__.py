"""Keras layers: the parts of a model.

Each kind has a module with a table that maps the names of the command line to its classes.
"""

from ivaae_tf.layers.decoder_regularizers import (
    DecoderRegularizer,
    GradientPenalty,
    SpectralNormalization,
    WeightDecay,
)
from ivaae_tf.layers.divergences import (
    AdversarialDivergence,
    Divergence,
    MaximumMeanDiscrepancy,
    NoDivergence,
)
from ivaae_tf.layers.interventions import (
    BlockwiseIntervention,
    Intervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.layers.likelihoods import GaussianLikelihood, Likelihood, SquaredError
from ivaae_tf.layers.posteriors import (
    FixedVariancePosterior,
    GaussianPosterior,
    PointPosterior,
    Posterior,
    SpherePosterior,
)
from ivaae_tf.layers.priors import GaussianPrior, MixturePrior, Prior, SpherePrior, UniformPrior

__all__ = [
    "AdversarialDivergence",
    "BlockwiseIntervention",
    "DecoderRegularizer",
    "Divergence",
    "FixedVariancePosterior",
    "GaussianLikelihood",
    "GaussianPosterior",
    "GaussianPrior",
    "GradientPenalty",
    "Intervention",
    "Likelihood",
    "MaximumMeanDiscrepancy",
    "MixturePrior",
    "NoDivergence",
    "PointPosterior",
    "Posterior",
    "Prior",
    "RadialIntervention",
    "SVGDIntervention",
    "SpectralNormalization",
    "SpherePosterior",
    "SpherePrior",
    "SquaredError",
    "UniformPrior",
    "WeightDecay",
]
