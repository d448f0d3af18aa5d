"""The table of methods, each with an intervention, a divergence and defaults."""

import dataclasses
from collections.abc import Callable, Mapping

import keras

from ivaae_tf.divergences import AdversarialDivergence, Divergence, MaximumMeanDiscrepancy
from ivaae_tf.interventions import (
    BlockwiseIntervention,
    Intervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.interventions.svgd import DEFAULT_BANDWIDTH_SCALE


@dataclasses.dataclass(frozen=True)
class Method:
    """One system of the paper's comparison.

    Attributes:
        intervention: Class of T_0 … T_t.
        make_divergence: Makes the divergence from `(make_discriminator, encoder_objective)`.
        has_bridges: Whether the user chooses t; otherwise it is 1.
        has_discriminator: Whether there is a discriminator, and so an encoder objective.
        intervention_options: Settings that are arguments of the intervention -> default.
    """

    intervention: type[Intervention]
    make_divergence: Callable[[Callable[[], keras.Model], str], Divergence]
    has_bridges: bool = True
    has_discriminator: bool = True
    intervention_options: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def default_num_bridges(self) -> int:
        """The default t: 4, as throughout the paper, or 1 without bridges."""
        return 4 if self.has_bridges else 1

    def default_latent_weight(self, num_bridges: int) -> float:
        """Returns the default μ₂.

        With a discriminator it is 2/(t+1), as in the paper: the derivative of log D at the
        equilibrium D = 1/(t+1) is t+1, but 2 in an ordinary adversarial auto-encoder.
        """
        return 2 / (num_bridges + 1) if self.has_discriminator else MMD_LATENT_WEIGHT


def _adversarial(make_discriminator, encoder_objective):
    return AdversarialDivergence(make_discriminator(), encoder_objective)


def _adversarial_with_prior(make_discriminator, encoder_objective):
    return AdversarialDivergence(make_discriminator(), encoder_objective, add_log_prior=True)


def _mmd(make_discriminator, encoder_objective):
    del make_discriminator, encoder_objective  # There is no discriminator.
    return MaximumMeanDiscrepancy()


MMD_LATENT_WEIGHT = 100.0  # μ₂ of WAE-MMD; the paper's WAE uses 10 on MNIST

METHODS = {
    "ivaae_blockwise": Method(BlockwiseIntervention, _adversarial),
    "ivaae_radial": Method(RadialIntervention, _adversarial),
    "ivaae_svgd": Method(
        SVGDIntervention,
        _adversarial,
        intervention_options={"bandwidth_scale": DEFAULT_BANDWIDTH_SCALE},
    ),
    "aae": Method(BlockwiseIntervention, _adversarial, has_bridges=False),
    "wae_gan": Method(BlockwiseIntervention, _adversarial_with_prior, has_bridges=False),
    "wae_mmd": Method(BlockwiseIntervention, _mmd, has_bridges=False, has_discriminator=False),
}
