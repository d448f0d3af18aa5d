"""The settings of a run, from which its model and optimizers are made."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from ivaae_tf.autoencoder import WEIGHTS, InterventionAutoencoder
from ivaae_tf.decoder_regularizers import DECODER_REGULARIZERS
from ivaae_tf.likelihoods import LIKELIHOODS
from ivaae_tf.methods import METHODS, Method
from ivaae_tf.networks import NETWORKS
from ivaae_tf.optimizers import FusedAdam
from ivaae_tf.posteriors import DEFAULT_SCALE, POSTERIORS
from ivaae_tf.schedules import decay_at_epochs
from pipelines.datasets import SHUFFLE_BUFFER
from pipelines.errors import UserError


class SettingsError(UserError, ValueError):
    """An error in the settings of a run."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings that determine a run's result, except data and epochs.

    Each field is the flag of the same name, with the same default; `options.py` explains it. The
    default of a new field must keep the earlier behavior, because records of older runs do not
    have the field. None means the method's default.
    """

    dataset: str = "digits"
    image_size: int = 64
    shuffle_buffer: int = SHUFFLE_BUFFER
    method: str = "ivaae_radial"
    network: str = "fully_connected"
    latent_dim: int = 16
    num_bridges: int | None = None
    width: float = 1.0
    encoder_objective: str = "prior"
    bandwidth_scale: float | None = None
    reconstruction_weight: float = 1.0
    discriminator_weight: float = 1.0
    latent_weight: float | None = None
    posterior: str | None = None
    posterior_weight: float | None = None
    posterior_scale: float | None = None
    likelihood: str | None = None
    decoder_regularizer: str | None = None
    regularizer_weight: float | None = None
    batch_size: int = 64
    learning_rate_encoder: float = 5e-5
    learning_rate_decoder: float = 1e-4
    learning_rate_discriminator: float = 1e-4
    adam_beta_1: float = 0.5
    lr_decay_epochs: tuple[int, ...] = ()
    lr_decay_factors: tuple[float, ...] = ()
    mixed_precision: bool = False
    jit_compile: bool = False
    seed: int = 0

    @classmethod
    def from_flags(cls, values: Mapping[str, Any]) -> "Settings":
        """Returns the settings from the values of parsed flags."""
        return cls(**{name: _frozen(values[name]) for name in _FIELDS})

    @classmethod
    def from_text(cls, texts: Mapping[str, str]) -> "Settings":
        """Returns the settings from a flagfile, name -> text, or their defaults."""
        return cls(
            **{
                name: _CONVERTERS[field.type](texts[name])
                for name, field in _FIELDS.items()
                if name in texts
            }
        )

    @classmethod
    def from_record(cls, recorded: Mapping[str, Any]) -> "Settings":
        """Returns the resolved settings of a run's record.

        Args:
            recorded: Name -> value, from JSON. A missing setting gets its default.

        Raises:
            SettingsError: If a setting or the method is unknown to this version.
        """
        if unknown := recorded.keys() - _FIELDS.keys():
            raise SettingsError(f"unknown settings: {', '.join(sorted(unknown))}")
        return cls(**{name: _frozen(value) for name, value in recorded.items()}).resolved()

    def to_record(self) -> dict[str, Any]:
        """Returns name -> value for JSON, with lists for tuples."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }

    def resolved(self) -> "Settings":
        """Returns these settings with the method's defaults in place of None.

        Raises:
            SettingsError: If the method is unknown.
        """
        method = self._method
        given = {name: value for name, value in vars(self).items() if value is not None}
        num_bridges = given.get("num_bridges", method.default_num_bridges)
        defaults = method.defaults(num_bridges)
        if given.get("posterior", defaults["posterior"]) == "fixed_variance":
            defaults["posterior_scale"] = DEFAULT_SCALE
        return dataclasses.replace(self, **{"num_bridges": num_bridges, **defaults, **given})

    def build_model(self, image_shape: tuple[int, int, int]) -> InterventionAutoencoder:
        """Returns the uncompiled model for images (height, width, channels).

        Raises:
            SettingsError: If a name is unknown, or the settings do not fit together.
        """
        settings = self.resolved()
        t: Any = settings.num_bridges  # resolved, and so not None
        method, networks = self._method, _lookup("network", NETWORKS, self.network)
        settings._check(method)
        make_posterior = _lookup("posterior", POSTERIORS, settings.posterior)
        make_likelihood = _lookup("likelihood", LIKELIHOODS, settings.likelihood)
        make_regularizer = _lookup(
            "decoder_regularizer", DECODER_REGULARIZERS, settings.decoder_regularizer
        )
        options = {name: getattr(settings, name) for name in method.intervention_options}
        keras.utils.set_random_seed(self.seed)
        try:
            posterior = make_posterior(self._seed_of("posterior"), settings.posterior_scale)
            regularizer = make_regularizer(self._seed_of("decoder_regularizer"))
            if settings.regularizer_weight and not regularizer.has_penalty:
                raise ValueError(
                    "regularizer_weight must be 0 with decoder_regularizer="
                    f"{settings.decoder_regularizer}. Received: {settings.regularizer_weight}"
                )
            return InterventionAutoencoder(
                intervention=method.intervention(t, seed=self.seed, **options),
                encoder=networks.encoder(
                    image_shape, posterior.num_parameters(self.latent_dim), self.width
                ),
                decoder=networks.decoder(
                    image_shape, self.latent_dim, self.width, regularizer.wrap
                ),
                divergence=method.make_divergence(
                    lambda: networks.discriminator(self.latent_dim, t + 1, self.width),
                    self.encoder_objective,
                ),
                posterior=posterior,
                likelihood=make_likelihood(),
                decoder_regularizer=regularizer,
                **{name: getattr(settings, name) for name in WEIGHTS},
            )
        except ValueError as error:
            raise SettingsError(str(error)) from error

    def steps_per_epoch(self, num_images: int) -> int:
        """Returns the number of whole batches in `num_images` training images.

        Raises:
            SettingsError: If there is not one whole batch.
        """
        if self.batch_size > num_images:
            raise SettingsError(
                f"--batch_size must be at most the {num_images} training images; "
                f"found {self.batch_size}"
            )
        return num_images // self.batch_size

    def make_optimizers(self, steps_per_epoch: int) -> dict[str, FusedAdam]:
        """Returns the three optimizers as keyword arguments of `compile`.

        Raises:
            SettingsError: If the decay epochs or their factors are invalid.
        """

        def optimizer(network: str) -> FusedAdam:
            learning_rate = decay_at_epochs(
                getattr(self, f"learning_rate_{network}"),
                self.lr_decay_epochs,
                self.lr_decay_factors,
                steps_per_epoch,
            )
            return FusedAdam(learning_rate, beta_1=self.adam_beta_1, name=f"{network}_adam")

        networks = ("encoder", "decoder", "discriminator")
        try:
            return {f"{network}_optimizer": optimizer(network) for network in networks}
        except ValueError as error:
            raise SettingsError(f"--lr_decay_epochs, --lr_decay_factors: {error}") from error

    @property
    def sampler(self) -> str:
        """The name of the method's sampler of codes for new images."""
        return self._method.sampler

    @property
    def _method(self) -> Method:
        return _lookup("method", METHODS, self.method)

    def _seed_of(self, part: str) -> int:
        """Returns a seed whose noise is independent of the intervention's."""
        entropy = [self.seed, *part.encode()]
        return int(np.random.SeedSequence(entropy).generate_state(1)[0] % 2**31)

    def _check(self, method: Method) -> None:
        """Checks the settings that the constructors of the parts cannot check."""
        if self.latent_dim < 1:
            raise SettingsError(f"latent_dim must be at least 1. Received: {self.latent_dim}")
        if self.width <= 0:
            raise SettingsError(f"width must be above 0. Received: {self.width}")
        if not method.has_bridges and self.num_bridges != 1:
            raise SettingsError(
                f"num_bridges must be 1 for {self.method}. Received: {self.num_bridges}"
            )
        if not method.has_discriminator:
            for name in ("encoder_objective", "discriminator_weight"):
                if (value := getattr(self, name)) != _FIELDS[name].default:
                    raise SettingsError(
                        f"{name} must have its default, as {self.method} does not have a "
                        f"discriminator. Received: {value!r}"
                    )
        for name in WEIGHTS:
            if (value := getattr(self, name)) < 0:
                raise SettingsError(f"{name} must be at least 0. Received: {value}")
        if self.latent_weight and not method.has_divergence:
            raise SettingsError(
                f"latent_weight must be 0, as {self.method} does not have a divergence. "
                f"Received: {self.latent_weight}"
            )
        if self.posterior_scale is not None and self.posterior != "fixed_variance":
            raise SettingsError(
                f"posterior_scale needs posterior=fixed_variance. Received: {self.posterior}"
            )
        if self.likelihood == "gaussian" and self.posterior == "point":
            raise SettingsError("likelihood=gaussian needs a posterior with noise. Received: point")
        for name in _INTERVENTION_OPTIONS - method.intervention_options.keys():
            if (value := getattr(self, name)) is not None:
                raise SettingsError(f"{name} must not be set for {self.method}. Received: {value}")


def build_model(
    method: str, *, image_shape: tuple[int, int, int], **settings: Any
) -> InterventionAutoencoder:
    """Returns the uncompiled model of a method.

    Args:
        method: A name of `METHODS`.
        image_shape: (height, width, channels).
        settings: Other fields of `Settings`, such as `network`, `latent_dim` and `seed`.

    Raises:
        ValueError: If a name is unknown, or the settings do not fit together.
    """
    return Settings(method=method, **settings).build_model(image_shape)


_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
_INTERVENTION_OPTIONS = {
    name for method in METHODS.values() for name in method.intervention_options
}
_CONVERTERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    str | None: str,
    int: int,
    int | None: int,
    float: float,
    float | None: float,
    bool: {"true": True, "false": False}.__getitem__,
    tuple[int, ...]: lambda text: tuple(map(int, filter(None, text.split(",")))),
    tuple[float, ...]: lambda text: tuple(map(float, filter(None, text.split(",")))),
}


def _frozen(value: Any) -> Any:
    """Returns a list of flags or JSON as a tuple, any other value unchanged."""
    return tuple(value) if isinstance(value, list) else value


def _lookup(name: str, table: Mapping[str, Any], value: str | None) -> Any:
    if value not in table:
        raise SettingsError(f"{name} must be one of {', '.join(table)}. Received: {value!r}")
    return table[str(value)]
