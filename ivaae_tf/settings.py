"""The settings of a run, which need no TensorFlow; `building.py` makes its model from them."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ivaae_tf import choices
from ivaae_tf.methods import METHODS, Method
from ivaae_tf.recorded_settings import RecordedSettings, frozen
from pipelines.errors import UserError

_DEFAULT_POSTERIOR_SCALE = 0.7  # of fixed_variance, that of the authors' code


class SettingsError(UserError, ValueError):
    """An error in the settings of a run."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(RecordedSettings):
    """The settings that determine a run's result, except data and epochs.

    Each field is the flag of the same name, with the same default; `options.py` explains it. The
    default of a new field must keep the earlier behavior, because records of older runs do not
    have the field. None means the method's default.
    """

    dataset: str = "digits"
    image_size: int = 64
    shuffle_buffer: int = 16384
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
        return cls(**{name: frozen(value) for name, value in recorded.items()}).resolved()

    def resolved(self) -> "Settings":
        """Returns these settings with the method's defaults in place of None.

        Raises:
            SettingsError: If the method is unknown.
        """
        method = self.method_row
        given = {name: value for name, value in vars(self).items() if value is not None}
        num_bridges = given.get("num_bridges", method.default_num_bridges)
        defaults = method.defaults(num_bridges)
        if given.get("posterior", defaults["posterior"]) == "fixed_variance":
            defaults["posterior_scale"] = _DEFAULT_POSTERIOR_SCALE
        return dataclasses.replace(self, **{"num_bridges": num_bridges, **defaults, **given})

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

    @property
    def sampler(self) -> str:
        """The name of the method's sampler of codes for new images."""
        return self.method_row.sampler

    @property
    def method_row(self) -> Method:
        """The row of the method in the table.

        Raises:
            SettingsError: If the method is unknown.
        """
        self._check_choice("method", METHODS)
        return METHODS[self.method]

    def check(self) -> None:
        """Checks that resolved settings fit together.

        Raises:
            SettingsError: If a name is unknown, or they do not.
        """
        method = self.method_row
        for name, values in _CHOICES.items():
            self._check_choice(name, values)
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
        for name in choices.WEIGHTS:
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
        if self.regularizer_weight and self.decoder_regularizer not in _PENALTIES:
            raise SettingsError(
                "regularizer_weight must be 0 with decoder_regularizer="
                f"{self.decoder_regularizer}. Received: {self.regularizer_weight}"
            )
        for name in _INTERVENTION_OPTIONS - method.intervention_options.keys():
            if (value := getattr(self, name)) is not None:
                raise SettingsError(f"{name} must not be set for {self.method}. Received: {value}")

    def _check_choice(self, name: str, values: Collection[str]) -> None:
        if (value := getattr(self, name)) not in values:
            raise SettingsError(f"{name} must be one of {', '.join(values)}. Received: {value!r}")


_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
_INTERVENTION_OPTIONS = {
    name for method in METHODS.values() for name in method.intervention_options
}
_CHOICES = {
    "network": choices.NETWORKS,
    "posterior": choices.POSTERIORS,
    "likelihood": choices.LIKELIHOODS,
    "decoder_regularizer": choices.DECODER_REGULARIZERS,
    "encoder_objective": choices.ENCODER_OBJECTIVES,
}
_PENALTIES = ("weight_decay", "gradient_penalty")  # the regularizers that have a weight
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
