"""The settings of a run, which need no TensorFlow; `building.py` makes its model from them."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self

from ivaae_tf import choices
from ivaae_tf.methods import METHODS, Method
from ivaae_tf.program.ranges import EPOCHS, IMAGES, Range
from ivaae_tf.setting_fields import (
    BATCH_SIZES,
    DECAY_FACTORS,
    LEARNING_RATES,
    WIDTHS,
    RecordedSettings,
    SettingsError,
    check_decay,
    frozen,
    number,
)

FITS = ("crop", "pad", "stretch")  # how images become square
_DEFAULT_POSTERIOR_SCALE = 0.7  # of fixed_variance, that of the authors' code


_OF_METHOD: Any = None  # the default of a text that the method decides
_WEIGHTS = Range(0.0, 1e9)
_SCALES = Range(1e-6, 1e6)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(RecordedSettings):
    """The settings that determine a run's result, except data and epochs; always complete.

    Each field is the flag of the same name, with the same default, in `commands/setting_flags.py`.
    The default of a new field must keep the earlier behavior, because records of older runs do not
    have the field. None becomes the method's default when the settings are made.

    Raises:
        SettingsError: If the method is unknown.
    """

    dataset: str = "digits"
    image_size: int = number(64, Range(8, 1024))
    shuffle_buffer: int = number(16384, IMAGES)
    method: str = "ivaae_radial"
    network: str = "fully_connected"
    latent_dim: int = number(16, Range(1, 4096))
    num_bridges: int = number(None, Range(1, 256))
    width: float = number(1.0, WIDTHS)
    encoder_objective: str = "prior"
    bandwidth_scale: float | None = number(None, _SCALES)
    encoder_steps: int | None = number(None, Range(1, 100))
    encoder_game: str | None = None
    encoder_reconstruction: bool | None = None
    reconstruction_weight: float = number(1.0, _WEIGHTS, only_trains=True)
    discriminator_weight: float = number(1.0, _WEIGHTS, only_trains=True)
    latent_weight: float = number(None, _WEIGHTS, only_trains=True)
    posterior: str = _OF_METHOD
    posterior_weight: float = number(None, _WEIGHTS, only_trains=True)
    posterior_scale: float | None = number(None, _SCALES)
    likelihood: str = _OF_METHOD
    decoder_regularizer: str = _OF_METHOD
    regularizer_weight: float = number(None, _WEIGHTS, only_trains=True)
    batch_size: int = number(64, BATCH_SIZES)
    learning_rate_encoder: float = number(5e-5, LEARNING_RATES, only_trains=True)
    learning_rate_decoder: float = number(1e-4, LEARNING_RATES, only_trains=True)
    learning_rate_discriminator: float = number(1e-4, LEARNING_RATES, only_trains=True)
    adam_beta_1: float = number(0.5, Range(0.0, 0.999999), only_trains=True)
    lr_decay_epochs: tuple[int, ...] = number((), EPOCHS, only_trains=True)
    lr_decay_factors: tuple[float, ...] = number((), DECAY_FACTORS, only_trains=True)
    gradient_clip_norm: float = number(0.0, Range(0.0, 1e9), only_trains=True)
    ema_decay: float = number(0.0, Range(0.0, 0.999999))
    horizontal_flip: bool = False
    fit: str = "crop"
    init_from: str | None = None
    mixed_precision: bool = False
    jit_compile: bool = False
    seed: int = number(0, Range(0, 2**32 - 1))  # the seeds that Keras takes

    def __post_init__(self) -> None:
        """Fills in the method's defaults for None."""
        self._fill({"num_bridges": self.method_row.default_num_bridges})
        self._fill(self.method_row.defaults(self.num_bridges))
        if self.posterior == "fixed_variance":
            self._fill({"posterior_scale": _DEFAULT_POSTERIOR_SCALE})

    def _fill(self, defaults: Mapping[str, Any]) -> None:
        for name, default in defaults.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)  # The class is frozen.

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
    def from_flags(cls, values: Mapping[str, Any]) -> Self:
        """Returns the settings from the values of parsed flags, or from a whole record.

        With --mixed_precision=auto they are in float32 until `precision` chooses.

        Raises:
            KeyError: If a setting is missing.
        """
        return super().from_flags({**values, "mixed_precision": values["mixed_precision"] is True})

    @classmethod
    def from_record(cls, recorded: Mapping[str, Any]) -> "Settings":
        """Returns the settings of a run's record.

        Args:
            recorded: Name -> value, from JSON. A missing setting gets its default.

        Raises:
            SettingsError: If a setting or the method is unknown to this version.
        """
        if unknown := recorded.keys() - _FIELDS.keys():
            raise SettingsError(f"unknown settings: {', '.join(sorted(unknown))}")
        return cls(**{name: frozen(value) for name, value in recorded.items()})

    def steps_per_epoch(self, num_images: int) -> int:
        """Returns the number of whole batches in `num_images` training images.

        Raises:
            SettingsError: If there is not one whole batch.
        """
        if num_images < 2:
            raise SettingsError(
                f"a batch has at least 2 images; found {num_images} training image(s)"
            )
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

    def check(self, *, to_train: bool = True) -> None:
        """Checks settings one by one and together.

        Args:
            to_train: Whether what only the training needs is checked, too.

        Raises:
            SettingsError: If a name is unknown, a number is not in its range, or they do not fit.
        """
        super().check(to_train=to_train)
        method = self.method_row
        for name, values in _CHOICES.items():
            self._check_choice(name, values)
        if self.encoder_game is not None:
            self._check_choice("encoder_game", choices.ENCODER_GAMES)
        defaults = Settings(method=self.method)
        for name in method.unused:
            if (value := getattr(self, name)) != getattr(defaults, name):
                raise SettingsError(
                    f"{name} must have its default, as {self.method} does not use it. "
                    f"Received: {value!r}"
                )
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
        if self.ema_decay and self.decoder_regularizer == "spectral_normalization":
            raise SettingsError(
                "ema_decay must be 0 with decoder_regularizer=spectral_normalization, whose norms "
                f"are those of the last weights. Received: {self.ema_decay}"
            )
        for name in _OPTIONS - method.options.keys():
            if (value := getattr(self, name)) is not None:
                raise SettingsError(f"{name} must not be set for {self.method}. Received: {value}")
        # The parts refuse these two as well, but only when the data are prepared.
        has_blocks = method.intervention == "blockwise" or method.system == "intervention_gan"
        if has_blocks and self.latent_dim % self.num_bridges:
            raise SettingsError(
                f"num_bridges must divide latent_dim for {self.method}. Received: "
                f"num_bridges={self.num_bridges}, latent_dim={self.latent_dim}"
            )
        if self.network == "convolutional" and self.image_size % 16:
            raise SettingsError(
                f"image_size must be a multiple of 16 for convolutional networks. Received: "
                f"{self.image_size}"
            )
        if to_train:
            rates = (
                self.learning_rate_encoder,
                self.learning_rate_decoder,
                self.learning_rate_discriminator,
            )
            check_decay(rates, self.lr_decay_epochs, self.lr_decay_factors)

    def _check_choice(self, name: str, values: Collection[str]) -> None:
        if (value := getattr(self, name)) not in values:
            raise SettingsError(f"{name} must be one of {', '.join(values)}. Received: {value!r}")


_FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
_OPTIONS = {name for method in METHODS.values() for name in method.options}
_CHOICES = {
    "fit": FITS,
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
    bool | None: {"true": True, "false": False}.__getitem__,
    tuple[int, ...]: lambda text: tuple(map(int, filter(None, text.split(",")))),
    tuple[float, ...]: lambda text: tuple(map(float, filter(None, text.split(",")))),
}
