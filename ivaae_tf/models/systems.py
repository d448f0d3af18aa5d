"""Makes the model of each system from the settings of a run."""

from typing import Any

import numpy as np

from ivaae_tf.choices import WEIGHTS
from ivaae_tf.layers.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.layers.divergences import DIVERGENCES, AdversarialDivergence
from ivaae_tf.layers.divergences.intervention_classifier import InterventionClassifier
from ivaae_tf.layers.interventions import INTERVENTIONS
from ivaae_tf.layers.interventions.single_block import SingleBlockIntervention
from ivaae_tf.layers.likelihoods import LIKELIHOODS
from ivaae_tf.layers.posteriors import POSTERIORS
from ivaae_tf.layers.prior_noise import PriorNoise
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.gan import GenerativeAdversarialNetwork
from ivaae_tf.models.ivgan import InterventionGAN
from ivaae_tf.models.networks import NETWORKS, normalized
from ivaae_tf.settings import Settings

ImageShape = tuple[int, int, int]  # (height, width, channels)


def _autoencoder(settings: Settings, image_shape: ImageShape) -> InterventionAutoencoder:
    method, latent_dim, width = settings.method_row, settings.latent_dim, settings.width
    t: Any = settings.num_bridges  # resolved, and so not None
    networks = NETWORKS[settings.network]
    options = {name: getattr(settings, name) for name in method.options}
    posterior = POSTERIORS[str(settings.posterior)](
        _seed_of("posterior", settings.seed), settings.posterior_scale
    )
    regularizer = DECODER_REGULARIZERS[str(settings.decoder_regularizer)](
        _seed_of("decoder_regularizer", settings.seed)
    )
    return InterventionAutoencoder(
        intervention=INTERVENTIONS[str(method.intervention)](t, seed=settings.seed, **options),
        encoder=networks.encoder(image_shape, posterior.num_parameters(latent_dim), width),
        decoder=networks.decoder(image_shape, latent_dim, width, regularizer.wrap),
        divergence=DIVERGENCES[method.divergence](
            lambda: networks.discriminator(latent_dim, t + 1, width),
            settings.encoder_objective,
        ),
        posterior=posterior,
        likelihood=LIKELIHOODS[str(settings.likelihood)](),
        decoder_regularizer=regularizer,
        **{name: getattr(settings, name) for name in (*WEIGHTS, "ema_decay")},
    )


def _gan(settings: Settings, image_shape: ImageShape) -> GenerativeAdversarialNetwork:
    networks, latent_dim, width = NETWORKS[settings.network], settings.latent_dim, settings.width
    return GenerativeAdversarialNetwork(
        decoder=networks.decoder(image_shape, latent_dim, width),
        divergence=AdversarialDivergence(
            networks.image_discriminator(image_shape, 2, width), settings.encoder_objective
        ),
        noise=PriorNoise(latent_dim, seed=settings.seed),
        discriminator_weight=settings.discriminator_weight,
        ema_decay=settings.ema_decay,
    )


def _intervention_gan(settings: Settings, image_shape: ImageShape) -> InterventionGAN:
    networks, latent_dim, width = NETWORKS[settings.network], settings.latent_dim, settings.width
    t: Any = settings.num_bridges  # resolved, and so not None
    decoder = networks.decoder(image_shape, latent_dim, width)
    discriminator = networks.image_discriminator(image_shape, 2, width)  # After G, as of `gan`.
    return InterventionGAN(
        encoder=normalized(networks.encoder(image_shape, latent_dim, width)),
        decoder=decoder,
        divergence=AdversarialDivergence(discriminator, settings.encoder_objective),
        classifier=InterventionClassifier(networks.image_discriminator(image_shape, t, width)),
        intervention=SingleBlockIntervention(t, seed=_seed_of("intervention", settings.seed)),
        noise=PriorNoise(latent_dim, seed=settings.seed),
        discriminator_weight=settings.discriminator_weight,
        intervention_weight=float(settings.latent_weight or 0.0),
        cycle_weight=_CYCLE_WEIGHT * settings.reconstruction_weight,
        encoder_steps=int(settings.encoder_steps or 1),
        encoder_sign=1 if settings.encoder_game == "helps" else -1,
        encoder_reconstruction=bool(settings.encoder_reconstruction),
        ema_decay=settings.ema_decay,
    )


_CYCLE_WEIGHT = 0.25  # η of the authors, at λ = 1

SYSTEMS = {"autoencoder": _autoencoder, "gan": _gan, "intervention_gan": _intervention_gan}


def _seed_of(part: str, seed: int) -> int:
    """Returns a seed whose noise is independent of the intervention's."""
    entropy = [seed, *part.encode()]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0] % 2**31)
