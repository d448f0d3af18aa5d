"""The systems of the paper's comparison: each is an intervention and a divergence."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.divergences import AdversarialDivergence, Divergence, MaximumMeanDiscrepancy
from ivaae_tf.interventions import (
    BlockwiseIntervention,
    Intervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.networks import NETWORKS


@dataclasses.dataclass(frozen=True)
class Method:
    """One system.

    Attributes:
        intervention: Class of T_0 … T_t.
        make_divergence: From a function that makes the discriminator for the rungs, and the name
            of the encoder's objective, to the divergence.
        bridges: Whether t is the user's to choose; otherwise it is 1.
        adversarial: Whether there is a discriminator, and so an encoder objective.
        options: Names of `build_model`'s `intervention_options` that this method takes.
    """

    intervention: type[Intervention]
    make_divergence: Callable[[Callable[[], keras.Model], str], Divergence]
    bridges: bool = True
    adversarial: bool = True
    options: tuple[str, ...] = ()


def _adversarial(make_discriminator, encoder_objective):
    return AdversarialDivergence(make_discriminator(), encoder_objective)


def _adversarial_with_prior(make_discriminator, encoder_objective):
    return AdversarialDivergence(make_discriminator(), encoder_objective, add_log_prior=True)


def _mmd(make_discriminator, encoder_objective):
    del make_discriminator, encoder_objective  # There is no game.
    return MaximumMeanDiscrepancy()


METHODS = {
    "ivaae_blockwise": Method(BlockwiseIntervention, _adversarial),
    "ivaae_radial": Method(RadialIntervention, _adversarial),
    "ivaae_svgd": Method(SVGDIntervention, _adversarial, options=("bandwidth_scale",)),
    "aae": Method(BlockwiseIntervention, _adversarial, bridges=False),
    "wae_gan": Method(BlockwiseIntervention, _adversarial_with_prior, bridges=False),
    "wae_mmd": Method(BlockwiseIntervention, _mmd, bridges=False, adversarial=False),
}

DEFAULT_NUM_BRIDGES = 4  # t, everywhere in the paper
MMD_LATENT_WEIGHT = 100.0  # μ₂ of WAE-MMD; the paper's WAE uses 10 on MNIST


def default_latent_weight(method: Method, num_bridges: int) -> float:
    """Returns μ₂ where the user names none.

    For a game it is 2/(t+1): the derivative of log D at the balance 1/(t+1) is t+1, where it is 2
    in an ordinary adversarial auto-encoder, and the paper weights it down for that.
    """
    return 2 / (num_bridges + 1) if method.adversarial else MMD_LATENT_WEIGHT


def build_model(
    method: str,
    *,
    network: str,
    image_shape: tuple[int, int, int],
    latent_dim: int,
    num_bridges: int | None = None,
    width: float = 1.0,
    encoder_objective: str = "prior",
    reconstruction_weight: float = 1.0,
    discriminator_weight: float = 1.0,
    latent_weight: float | None = None,
    intervention_options: dict[str, Any] | None = None,
    seed: int | None = None,
) -> InterventionAutoencoder:
    """Returns the method's model, ready to be compiled.

    Args:
        method: A name of `METHODS`.
        network: A name of `NETWORKS`.
        image_shape: (height, width, channels).
        latent_dim: d, at least 1.
        num_bridges: t; None means 4 where the method has bridges, and 1 where it has none.
        width: Factor on every hidden layer's units or channels, above 0.
        encoder_objective: "prior", "confusion" or "minimax".
        reconstruction_weight: λ.
        discriminator_weight: μ₁. Adam's steps do not depend on it but through their epsilon.
        latent_weight: μ₂; None means `default_latent_weight`.
        intervention_options: Further arguments of the intervention, such as `bandwidth_scale`.
        seed: Seed of the interventions' noise and of the initial weights; None draws one.

    Raises:
        ValueError: If a name is unknown, or a setting does not fit the method.
    """
    row = _row("method", METHODS, method)
    networks = _row("network", NETWORKS, network)
    if latent_dim < 1:
        raise ValueError(f"latent_dim must be at least 1. Received: {latent_dim}")
    if width <= 0:
        raise ValueError(f"width must be above 0. Received: {width}")
    if num_bridges is None:
        num_bridges = DEFAULT_NUM_BRIDGES if row.bridges else 1
    if not row.bridges and num_bridges != 1:
        raise ValueError(f"num_bridges of {method} is 1. Received: {num_bridges}")
    if not row.adversarial and encoder_objective != "prior":
        raise ValueError(
            f"encoder_objective is for methods with a discriminator, which {method} has not. "
            f"Received: {encoder_objective!r}"
        )
    if not row.adversarial and discriminator_weight != 1:
        raise ValueError(
            f"discriminator_weight is for methods with a discriminator, which {method} has not. "
            f"Received: {discriminator_weight}"
        )
    options = intervention_options or {}
    if unknown := set(options) - set(row.options):
        raise ValueError(f"{method} does not take {', '.join(sorted(unknown))}")
    if latent_weight is None:
        latent_weight = default_latent_weight(row, num_bridges)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    intervention = row.intervention(num_bridges, seed=seed, **options)
    return InterventionAutoencoder(
        encoder=networks.encoder(image_shape, latent_dim, width),
        decoder=networks.decoder(image_shape, latent_dim, width),
        intervention=intervention,
        divergence=row.make_divergence(
            lambda: networks.discriminator(latent_dim, num_bridges + 1, width), encoder_objective
        ),
        reconstruction_weight=reconstruction_weight,
        discriminator_weight=discriminator_weight,
        latent_weight=latent_weight,
    )


def _row(what: str, table: dict, name: str):
    if name not in table:
        raise ValueError(f"{what} must be one of {', '.join(table)}. Received: {name!r}")
    return table[name]
