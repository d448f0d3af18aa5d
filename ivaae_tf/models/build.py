"""Makes models and their optimizers from settings."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ivaae_tf.layers.categories import with_categories
from ivaae_tf.layers.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.layers.divergences import DIVERGENCES, AdversarialDivergence
from ivaae_tf.layers.interventions import INTERVENTIONS
from ivaae_tf.layers.ivgan import InterventionClassifier, SingleBlockIntervention
from ivaae_tf.layers.labels import ComponentLabels, Labels, NoLabels
from ivaae_tf.layers.likelihoods import LIKELIHOODS
from ivaae_tf.layers.noise import InputNoise, PriorNoise
from ivaae_tf.layers.posteriors import POSTERIORS
from ivaae_tf.layers.priors import PRIORS
from ivaae_tf.methods import METHODS
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.gan import GenerativeAdversarialNetwork
from ivaae_tf.models.ivgan import InterventionGAN
from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
from ivaae_tf.models.networks import normalized
from ivaae_tf.models.networks.own import Networks, networks_named, networks_of
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.settings import KINDS, WEIGHTS, Settings, SettingsError

# (height, width, channels); (times, channels) of signals; (columns,) of vectors
ImageShape = tuple[int, ...]


def _autoencoder(
    settings: Settings,
    image_shape: ImageShape,
    networks: Networks,
    labels: NoLabels | None = None,
) -> InterventionAutoencoder:
    method, latent_dim, width = settings.method_row, settings.latent_dim, settings.width
    t = settings.num_bridges
    prior = PRIORS[settings.prior](latent_dim, settings.prior_components)
    options = {name: getattr(settings, name) for name in method.options}
    posterior = POSTERIORS[settings.posterior](
        _seed_of("posterior", settings.seed), settings.posterior_scale, prior
    )
    num_outputs = settings.num_categories + posterior.num_parameters(latent_dim)
    encoder = networks.encoder(image_shape, num_outputs, width)
    prior, posterior, encoder = with_categories(settings.num_categories, prior, posterior, encoder)
    labels = labels or NoLabels()
    num_inputs = prior.latent_dim + len(labels.names)
    num_of_rungs = num_inputs + len(labels.component_names)  # of the discriminator
    regularizer = DECODER_REGULARIZERS[settings.decoder_regularizer](
        _seed_of("decoder_regularizer", settings.seed)
    )
    return InterventionAutoencoder(
        intervention=INTERVENTIONS[str(method.intervention)](
            t, seed=settings.seed, prior=prior, **options
        ),
        encoder=encoder,
        decoder=networks.decoder(image_shape, num_inputs, width, regularizer.wrap),
        divergence=DIVERGENCES[method.divergence](
            lambda: networks.discriminator(num_of_rungs, t + 1, width),
            settings.encoder_objective,
            prior,
        ),
        posterior=posterior,
        likelihood=LIKELIHOODS[settings.likelihood](),
        decoder_regularizer=regularizer,
        labels=labels,
        input_noise=_input_noise(settings) if settings.input_noise else None,
        label_weight=settings.label_weight if settings.learns_labels else 0.0,
        **{name: getattr(settings, name) for name in (*WEIGHTS, "ema_decay")},
    )


def _input_noise(settings: Settings) -> InputNoise:
    return InputNoise(settings.input_noise, _seed_of("input_noise", settings.seed))


def _gan(
    settings: Settings, image_shape: ImageShape, networks: Networks
) -> GenerativeAdversarialNetwork:
    latent_dim, width = settings.latent_dim, settings.width
    return GenerativeAdversarialNetwork(
        decoder=networks.decoder(image_shape, latent_dim, width),
        divergence=AdversarialDivergence(
            networks.image_discriminator(image_shape, 2, width), settings.encoder_objective
        ),
        noise=PriorNoise(latent_dim, seed=settings.seed),
        discriminator_weight=settings.discriminator_weight,
        ema_decay=settings.ema_decay,
    )


def _intervention_gan(
    settings: Settings, image_shape: ImageShape, networks: Networks
) -> InterventionGAN:
    latent_dim, width = settings.latent_dim, settings.width
    t = settings.num_bridges
    # First G, then D, as in `gan`, so that their initial weights are the same.
    decoder = networks.decoder(image_shape, latent_dim, width)
    discriminator = networks.image_discriminator(image_shape, 2, width)
    return InterventionGAN(
        encoder=normalized(networks.encoder(image_shape, latent_dim, width)),
        decoder=decoder,
        divergence=AdversarialDivergence(discriminator, settings.encoder_objective),
        classifier=InterventionClassifier(networks.image_discriminator(image_shape, t, width)),
        intervention=SingleBlockIntervention(t, seed=_seed_of("intervention", settings.seed)),
        noise=PriorNoise(latent_dim, seed=settings.seed),
        discriminator_weight=settings.discriminator_weight,
        intervention_weight=settings.latent_weight,
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


# Settings of data and training, which do not change the model.
_NOT_OF_A_MODEL = (
    *("dataset", "kind", "image_size", "fit", "crop", "shuffle_buffer", "batch_size"),
    *("labeled_batch_size", "horizontal_flip", "conditional"),
    *("learning_rate_encoder", "learning_rate_decoder", "learning_rate_discriminator"),
    *("adam_beta_1", "lr_decay_epochs", "lr_decay_factors", "gradient_clip_norm"),
    *("init_from", "mixed_precision", "jit_compile"),
)


def build_model(
    method: str,
    *,
    image_shape: ImageShape,
    network: Any = None,
    encoder: keras.Model | None = None,
    decoder: keras.Model | None = None,
    discriminator: keras.Model | None = None,
    labels: Sequence[str] = (),
    **settings: Any,
) -> MultiOptimizerModel:
    """Returns the uncompiled model of a method.

    Args:
        method: A name of `METHODS`.
        image_shape: (height, width, channels), (columns,) for vectors, or (times, channels) for
            signals.
        network: A name of networks, `fully_connected` by default; or your own: "module:Name", or an
            object or class with functions `encoder(image_shape, num_outputs, width)`,
            `decoder(image_shape, latent_dim, width, wrap)` and perhaps `discriminator(latent_dim,
            num_outputs, width)`, which return Keras models.
        encoder: Your encoder, any Keras model, instead of `network`.
        decoder: Your decoder.
        discriminator: Your discriminator.
        labels: Names of the classes, for a model whose `fit` needs labels: a conditional model,
            unless `prior_by_label` is True.
        settings: Other fields of `Settings` that define the model, such as `latent_dim` and `seed`.

    Raises:
        ValueError: If a name is unknown or not a setting of a model, or the settings are
            inconsistent, or do not fit the networks.

    Example:
        >>> model = build_model(
        ...     "aae", network="fully_connected", image_shape=(8, 8, 1), latent_dim=4, width=0.1
        ... )
        >>> model.sample(2, seed=0).shape
        TensorShape([2, 8, 8, 1])
    """
    fields = [field.name for field in dataclasses.fields(Settings)]
    for name in settings:
        if name not in fields or name in _NOT_OF_A_MODEL:
            names = ", ".join(field for field in fields if field not in _NOT_OF_A_MODEL)
            raise SettingsError(f"{name} is not a setting of a model; expected one of {names}")
    networks = networks_of(network, encoder=encoder, decoder=decoder, discriminator=discriminator)
    conditional = bool(labels) and not settings.get("prior_by_label")
    chosen = Settings(method=method, network=networks.name, conditional=conditional, **settings)
    kind = Labels if conditional else ComponentLabels
    return make_model(chosen, image_shape, networks, kind(labels) if labels else None)


def make_model(
    settings: Settings,
    image_shape: ImageShape,
    networks: Networks | None = None,
    labels: NoLabels | None = None,
) -> MultiOptimizerModel:
    """Returns the uncompiled model of a shape.

    Args:
        settings: The settings.
        image_shape: As for `build_model`.
        networks: The result of `networks_of`; None for those that the settings name.
        labels: The labels of a conditional model, or of components of the prior; None for none.

    Raises:
        SettingsError: If a name is unknown, the settings are inconsistent, or do not fit the
            networks.
    """
    settings.check()
    if len(image_shape) < 3:
        _check_suits(settings, KINDS[len(image_shape)])
    networks = networks or networks_named(settings.network)
    if settings.batches_have_labels != (labels is not None):
        raise SettingsError(
            "labels are for models with conditional or prior_by_label, which need them"
        )
    if labels and settings.prior_by_label:
        _check_components(settings.prior_components, labels.component_names)
    given = {"labels": labels} if labels else {}
    keras.utils.set_random_seed(settings.seed)
    try:
        return SYSTEMS[settings.method_row.system](settings, image_shape, networks, **given)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _check_components(num_components: int | None, names: Sequence[str]) -> None:
    if len(names) != num_components:
        raise SettingsError(
            f"prior_components must be the number of classes, {len(names)}, with prior_by_label. "
            f"Received: {num_components}"
        )


# Settings of images, and setting -> the values that need images. Signals have convolutions, too.
_OF_IMAGES = ("image_size", "fit", "crop", "horizontal_flip")
_NEED_IMAGES = {
    "network": ("residual", "convolutional"),
    "likelihood": ("bernoulli", "ssim"),
    "method": tuple(name for name, row in METHODS.items() if row.system != "autoencoder"),
}


def _check_suits(settings: Settings, found: str) -> None:
    for name in _OF_IMAGES:
        if (value := getattr(settings, name)) != getattr(Settings, name):
            raise SettingsError(f"--{name}={value} is for images; found {found}")
    for name, values in _NEED_IMAGES.items():
        value = getattr(settings, name)
        if value in values and (value, found) != ("convolutional", "signals"):
            raise SettingsError(f"{name}={value} needs images; found {found}")


def make_compiled_model(
    settings: Settings,
    image_shape: ImageShape,
    steps_per_epoch: int,
    steps_per_execution: int,
    networks: Networks | None = None,
    labels: NoLabels | None = None,
) -> MultiOptimizerModel:
    """Returns the compiled model of a run; sets Keras's precision from the settings."""
    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    model = make_model(settings, image_shape, networks, labels)
    model.warns_of_levels = False  # Images of the pipeline are in [−1, 1].
    model.compile(
        **make_optimizers(settings, steps_per_epoch),
        jit_compile=settings.jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return model
