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
from ivaae_tf.layers.group_normalization import GroupNormalization
from ivaae_tf.layers.interventions import (
    BlockwiseIntervention,
    Intervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.layers.labels import ComponentLabels, Labels
from ivaae_tf.layers.likelihoods import (
    AbsoluteError,
    BernoulliLikelihood,
    EuclideanDistance,
    GaussianLikelihood,
    Likelihood,
    SquaredError,
    StructuralDissimilarity,
)
from ivaae_tf.layers.noise import InputNoise
from ivaae_tf.layers.posteriors import (
    FixedVariancePosterior,
    GaussianPosterior,
    PointPosterior,
    Posterior,
    SpherePosterior,
)
from ivaae_tf.layers.priors import (
    CategoricalPrior,
    GaussianPrior,
    MixturePrior,
    Prior,
    SpherePrior,
    UniformPrior,
)

__all__ = [
    "AbsoluteError",
    "AdversarialDivergence",
    "BernoulliLikelihood",
    "BlockwiseIntervention",
    "CategoricalPrior",
    "ComponentLabels",
    "DecoderRegularizer",
    "Divergence",
    "EuclideanDistance",
    "FixedVariancePosterior",
    "GaussianLikelihood",
    "GaussianPosterior",
    "GaussianPrior",
    "GradientPenalty",
    "GroupNormalization",
    "InputNoise",
    "Intervention",
    "Labels",
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
    "StructuralDissimilarity",
    "UniformPrior",
    "WeightDecay",
]
