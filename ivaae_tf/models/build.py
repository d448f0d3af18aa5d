"""Makes models and their optimizers from settings."""

import dataclasses
from typing import Any

import keras

from ivaae_tf.layers.divergences import NoDivergence
from ivaae_tf.layers.interventions import BlockwiseIntervention
from ivaae_tf.layers.likelihoods import GaussianLikelihood
from ivaae_tf.layers.posteriors import GaussianPosterior
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.multi_optimizer import NetworkOptimizers
from ivaae_tf.models.networks import code_mlp
from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.models.schedules import decay_at_epochs
from ivaae_tf.models.systems import SYSTEMS
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.settings import Settings, SettingsError

# Settings of data and training, which do not make another model.
_NOT_OF_A_MODEL = (
    *("dataset", "image_size", "shuffle_buffer", "batch_size", "horizontal_flip", "fit"),
    *("learning_rate_encoder", "learning_rate_decoder", "learning_rate_discriminator"),
    *("adam_beta_1", "lr_decay_epochs", "lr_decay_factors", "gradient_clip_norm"),
    *("init_from", "mixed_precision", "jit_compile"),
)


def build_model(
    method: str, *, image_shape: tuple[int, int, int], **settings: Any
) -> NetworkOptimizers:
    """Returns the uncompiled model of a method.

    Args:
        method: A name of `METHODS`.
        image_shape: (height, width, channels).
        settings: Other fields of `Settings` that make the model, such as `network`, `latent_dim`
            and `seed`.

    Raises:
        ValueError: If a name is unknown or is not of the model, or the settings do not fit
            together.
    """
    fields = [field.name for field in dataclasses.fields(Settings)]
    for name in settings:
        if name not in fields or name in _NOT_OF_A_MODEL:
            names = ", ".join(field for field in fields if field not in _NOT_OF_A_MODEL)
            raise SettingsError(f"{name} is not a setting of a model, which are: {names}")
    return make_model(Settings(method=method, **settings), image_shape)


def make_model(settings: Settings, image_shape: tuple[int, int, int]) -> NetworkOptimizers:
    """Returns the uncompiled model for images (height, width, channels).

    Raises:
        SettingsError: If a name is unknown, or the settings do not fit together.
    """
    settings = settings.resolved()
    settings.check()
    keras.utils.set_random_seed(settings.seed)
    try:
        return SYSTEMS[settings.method_row.system](settings, image_shape)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def make_compiled_model(
    settings: Settings, channels: int, steps_per_epoch: int, steps_per_execution: int
) -> NetworkOptimizers:
    """Returns the compiled model of a run; it sets Keras's precision to that of the settings."""
    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    model = make_model(settings, (settings.image_size, settings.image_size, channels))
    model.warns_of_levels = False  # The pipeline's are in [−1, 1].
    model.compile(
        **make_optimizers(settings, steps_per_epoch),
        jit_compile=settings.jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return model


def make_optimizers(settings: Settings, steps_per_epoch: int) -> dict[str, FusedAdam]:
    """Returns the optimizer of each network of a run as keyword arguments of `compile`.

    Raises:
        SettingsError: If the decay epochs or their factors are invalid.
    """
    settings = settings.resolved()
    settings.check()
    return {
        f"{network}_optimizer": _adam(
            network,
            getattr(settings, f"learning_rate_{network}"),
            settings,
            steps_per_epoch * (settings.encoder_steps or 1 if network == "encoder" else 1),
            beta_1=settings.adam_beta_1,
            global_clipnorm=settings.gradient_clip_norm or None,
        )
        for network in settings.method_row.networks
    }


def set_rates(model: NetworkOptimizers, settings: Settings) -> None:
    """Sets constant learning rates, which a checkpoint also has; schedules are not in it."""
    for network in settings.method_row.networks:
        rate = getattr(settings, f"learning_rate_{network}")
        if not settings.lr_decay_epochs:
            getattr(model, f"{network}_optimizer").learning_rate = rate


def make_second_stage(settings: SecondStageSettings, latent_dim: int) -> InterventionAutoencoder:
    """Returns the uncompiled VAE of codes (m, latent_dim), whose own codes have as many."""
    settings.check()
    keras.utils.set_random_seed(settings.seed)
    posterior = GaussianPosterior(seed=settings.seed)
    return InterventionAutoencoder(
        encoder=code_mlp.encoder(latent_dim, posterior.num_parameters(latent_dim), settings.width),
        decoder=code_mlp.decoder(latent_dim, settings.width),
        intervention=BlockwiseIntervention(1, seed=settings.seed),
        divergence=NoDivergence(),
        posterior=posterior,
        likelihood=GaussianLikelihood(),
        posterior_weight=1.0,
    )


def make_second_stage_optimizers(
    settings: SecondStageSettings, steps_per_epoch: int
) -> dict[str, FusedAdam]:
    """Returns the three optimizers of a second stage as keyword arguments of `compile`.

    Raises:
        SettingsError: If the decay epochs or their factors are invalid.
    """
    return {
        f"{network}_optimizer": _adam(network, settings.learning_rate, settings, steps_per_epoch)
        for network in ("encoder", "decoder", "discriminator")
    }


def _adam(
    network: str,
    learning_rate: float,
    decay: Settings | SecondStageSettings,
    steps_per_epoch: int,
    **options: float | None,
) -> FusedAdam:
    try:
        schedule = decay_at_epochs(
            learning_rate, decay.lr_decay_epochs, decay.lr_decay_factors, steps_per_epoch
        )
    except ValueError as error:
        raise SettingsError(f"--lr_decay_epochs, --lr_decay_factors: {error}") from error
    return FusedAdam(schedule, name=f"{network}_adam", **options)
