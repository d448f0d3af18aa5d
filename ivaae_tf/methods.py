"""Table of methods: the parts of each by name, and the defaults of its settings.

The parts need TensorFlow, whose import takes seconds; each has a table with the names below.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

INTERVENTIONS = ("blockwise", "radial", "svgd")
DIVERGENCES = ("adversarial", "adversarial_with_prior", "mmd", "none")
ENCODER_OBJECTIVES = ("prior", "confusion", "reversed", "minimax")
SYSTEMS = ("autoencoder", "gan", "intervention_gan")
BLOCK_ORDERS = ("fixed", "random")
ENCODER_GAMES = ("helps", "opposes")
POSTERIORS = ("point", "gaussian", "fixed_variance", "sphere")
PRIORS = ("gaussian", "uniform", "sphere", "mixture")
LIKELIHOODS = ("squared_error", "gaussian", "l1", "l2", "bernoulli", "ssim")
DECODER_REGULARIZERS = ("none", "weight_decay", "gradient_penalty", "spectral_normalization")
NETWORKS = ("fully_connected", "convolutional", "residual")
SAMPLERS = ("prior", "gmm", "class_gmm", "second_stage")


@dataclasses.dataclass(frozen=True)
class Method:
    """A method: its parts, and the defaults of its settings.

    Attributes:
        intervention: A name of `INTERVENTIONS`.
        divergence: A name of `DIVERGENCES`.
        has_bridges: Whether the user chooses t; otherwise t is 1.
        options: Settings that only this method has -> default.
        latent_weight: μ₂; None for 2/(t+1).
        posterior: A name of `POSTERIORS`.
        posterior_weight: κ.
        likelihood: A name of `LIKELIHOODS`.
        decoder_regularizer: A name of `DECODER_REGULARIZERS`.
        regularizer_weight: ρ.
        sampler: Name of the default sampler of pictures, best checkpoint and export.
        system: A name of `SYSTEMS`.
        networks: The trained networks, each with an optimizer.
        unused: Settings that must keep their defaults.
        purpose: Description in one line.
    """

    intervention: str | None
    divergence: str
    has_bridges: bool = True
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    latent_weight: float | None = None
    posterior: str = "point"
    posterior_weight: float = 0.0
    likelihood: str = "squared_error"
    decoder_regularizer: str = "none"
    regularizer_weight: float = 0.0
    sampler: str = "prior"
    system: str = "autoencoder"
    networks: tuple[str, ...] = ("encoder", "decoder", "discriminator")
    unused: tuple[str, ...] = ()
    purpose: str = ""

    @property
    def has_encoder(self) -> bool:
        """Whether images have codes."""
        return "encoder" in self.networks

    @property
    def has_chain(self) -> bool:
        """Whether the codes are compared with a chain of rungs that ends at the prior."""
        return self.system == "autoencoder"

    @property
    def default_num_bridges(self) -> int:
        """The default t: 4, as throughout the paper, or 1 without bridges."""
        return 4 if self.has_bridges else 1

    @property
    def has_discriminator(self) -> bool:
        """Whether there is a discriminator, and therefore an encoder objective."""
        return self.divergence in ("adversarial", "adversarial_with_prior")

    @property
    def has_divergence(self) -> bool:
        """Whether the codes as a whole are compared with the prior."""
        return self.divergence != "none"

    def defaults(self, num_bridges: int, prior: str) -> dict[str, Any]:
        """Returns the defaults of the settings, given t and the prior.

        μ₂ of a method with a discriminator is 2/(t+1), as in the paper: the derivative of log D at
        the equilibrium D = 1/(t+1) is t+1, but 2 in an ordinary adversarial auto-encoder.
        """
        fixed = self.latent_weight
        on_sphere = prior == "sphere" and self.posterior == "point"
        return {
            "latent_weight": 2 / (num_bridges + 1) if fixed is None else fixed,
            "posterior": "sphere" if on_sphere else self.posterior,
            "posterior_weight": self.posterior_weight,
            "likelihood": self.likelihood,
            "decoder_regularizer": self.decoder_regularizer,
            "regularizer_weight": self.regularizer_weight,
            **self.options,
        }


MMD_LATENT_WEIGHT = 100.0  # μ₂ of WAE-MMD; the paper's WAE uses 10 on MNIST

# Rungs are codes and prior, without bridges and without a discriminator.
_mmd_method = functools.partial(
    Method,
    "blockwise",
    "mmd",
    has_bridges=False,
    latent_weight=MMD_LATENT_WEIGHT,
    unused=("conditional",),
)
_method_without_divergence = functools.partial(
    Method,
    "blockwise",
    "none",
    has_bridges=False,
    latent_weight=0.0,
)


def _regularized(
    posterior_weight: float, regularizer: str, regularizer_weight: float, purpose: str
) -> Method:
    """Returns a regularized auto-encoder, whose codes do not follow the prior."""
    return _method_without_divergence(
        posterior_weight=posterior_weight,
        decoder_regularizer=regularizer,
        regularizer_weight=regularizer_weight,
        sampler="gmm",
        unused=("conditional",),
        purpose=f"Regularized auto-encoder with {purpose} of the decoder (Ghosh et al., 2020)",
    )


# Settings of the terms that only auto-encoders have.
_OF_CODES = (
    *("prior", "prior_components", "prior_by_label"),
    *("num_categories", "num_labels", "label_weight", "labeled_batch_size"),
    *("posterior", "posterior_weight", "posterior_scale", "likelihood", "input_noise"),
    *("decoder_regularizer", "regularizer_weight", "init_from", "conditional"),
)

METHODS = {
    "ivaae_blockwise": Method(
        "blockwise",
        "adversarial",
        options={"block_order": "fixed"},
        purpose="Intervention AAE: blocks of the code are replaced by noise, one after another",
    ),
    "ivaae_radial": Method(
        "radial",
        "adversarial",
        purpose="Intervention AAE: codes turn into noise along a quarter circle",
    ),
    "ivaae_svgd": Method(
        "svgd",
        "adversarial",
        options={"bandwidth_scale": 100.0},
        purpose="Intervention AAE: Stein variational gradient descent moves codes to the prior",
    ),
    "aae": Method(
        "blockwise",
        "adversarial",
        has_bridges=False,
        purpose="Adversarial auto-encoder (Makhzani et al., 2015)",
    ),
    "wae_gan": Method(
        "blockwise",
        "adversarial_with_prior",
        has_bridges=False,
        purpose="Wasserstein auto-encoder with a discriminator (Tolstikhin et al., 2018)",
    ),
    "wae_mmd": _mmd_method(
        purpose="Wasserstein auto-encoder with maximum mean discrepancy (Tolstikhin et al., 2018)",
    ),
    "vae": _method_without_divergence(
        posterior="gaussian",
        posterior_weight=0.4,
        purpose="Variational auto-encoder (Kingma and Welling, 2014)",
    ),
    "infovae": _mmd_method(
        posterior="gaussian",
        posterior_weight=0.4,
        purpose="VAE with the maximum mean discrepancy of all codes (Zhao et al., 2019)",
    ),
    "two_stage_vae": _method_without_divergence(
        posterior="gaussian",
        posterior_weight=1.0,
        likelihood="gaussian",
        sampler="second_stage",
        unused=("conditional",),
        purpose="VAE with a learned variance and a second VAE of its codes (Dai and Wipf, 2019)",
    ),
    "rae_l2": _regularized(0.01, "weight_decay", 1e-4, "weight decay"),
    "rae_gp": _regularized(0.01, "gradient_penalty", 5e-4, "a gradient penalty"),
    "rae_sn": _regularized(0.001, "spectral_normalization", 0.0, "spectral normalization"),
    "gan": Method(
        None,
        "adversarial",
        has_bridges=False,
        latent_weight=0.0,
        system="gan",
        networks=("decoder", "discriminator"),
        unused=(*_OF_CODES, "reconstruction_weight", "latent_weight", "learning_rate_encoder"),
        purpose="Generative adversarial network, without an encoder (Goodfellow et al., 2014)",
    ),
    "ivgan": Method(
        None,
        "adversarial",
        latent_weight=0.5,
        options={"encoder_steps": 10, "encoder_game": "helps", "encoder_reconstruction": False},
        system="intervention_gan",
        unused=_OF_CODES,
        purpose="GAN whose classifier finds the replaced block of a code (Liang et al., 2020)",
    ),
}
