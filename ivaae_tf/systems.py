"""Makes the model of each system from the settings of a run."""

from typing import Any

import numpy as np

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.choices import WEIGHTS
from ivaae_tf.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.divergences import DIVERGENCES, AdversarialDivergence
from ivaae_tf.gan import GenerativeAdversarialNetwork
from ivaae_tf.interventions import INTERVENTIONS
from ivaae_tf.likelihoods import LIKELIHOODS
from ivaae_tf.networks import NETWORKS
from ivaae_tf.posteriors import POSTERIORS
from ivaae_tf.prior_noise import PriorNoise
from ivaae_tf.settings import Settings

ImageShape = tuple[int, int, int]  # (height, width, channels)


def _autoencoder(settings: Settings, image_shape: ImageShape) -> InterventionAutoencoder:
    method, latent_dim, width = settings.method_row, settings.latent_dim, settings.width
    t: Any = settings.num_bridges  # resolved, and so not None
    networks = NETWORKS[settings.network]
    options = {name: getattr(settings, name) for name in method.intervention_options}
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


SYSTEMS = {"autoencoder": _autoencoder, "gan": _gan}


def _seed_of(part: str, seed: int) -> int:
    """Returns a seed whose noise is independent of the intervention's."""
    entropy = [seed, *part.encode()]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0] % 2**31)
