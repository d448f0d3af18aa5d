"""The names that flags and methods choose from, without the parts that they name.

The parts need TensorFlow, whose import takes seconds; a table of the same name has them.
"""

INTERVENTIONS = ("blockwise", "radial", "svgd")
DIVERGENCES = ("adversarial", "adversarial_with_prior", "mmd", "none")
ENCODER_OBJECTIVES = ("prior", "confusion", "minimax")
SYSTEMS = ("autoencoder", "gan", "intervention_gan")
ENCODER_GAMES = ("helps", "opposes")
POSTERIORS = ("point", "gaussian", "fixed_variance")
LIKELIHOODS = ("squared_error", "gaussian")
DECODER_REGULARIZERS = ("none", "weight_decay", "gradient_penalty", "spectral_normalization")
NETWORKS = ("fully_connected", "convolutional")
SAMPLERS = ("prior", "gmm", "second_stage")
EXTRACTORS = ("auto", "none", "classifier", "inception2015", "keras_inception")
EXPORT_FORMATS = ("saved_model", "onnx")
DISTRIBUTIONS = ("auto", "none", "mirrored", "multi_worker")

# λ, μ₁, μ₂, κ and ρ: settings, and arguments of the model.
WEIGHTS = (
    "reconstruction_weight",
    "discriminator_weight",
    "latent_weight",
    "posterior_weight",
    "regularizer_weight",
)

# Settings that a run can continue with another value of, if --allow_change names them.
MAY_CHANGE = ("learning_rate_encoder", "learning_rate_decoder", "learning_rate_discriminator")
ON_NON_FINITE = ("stop", "restore")

# The value of --mixed_precision that a run replaces by what is faster.
AUTO = "auto"
