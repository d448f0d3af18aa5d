"""Base class of settings: their fields, ranges, construction from flags and text, and JSON."""

import dataclasses
import itertools
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from absl import flags

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import SideRange
from ivaae_tf.program.path_flags import Check
from ivaae_tf.program.ranges import Range

# Ranges of settings that both stages have.
WIDTHS = Range(0.001, 64.0)  # At 0.001 the widest layer has one unit.
BATCH_SIZES = Range(2, 1_000_000)
LEARNING_RATES = Range(1e-12, 10.0)
DECAY_FACTORS = Range(1e-6, 1e6)

CROP_HELP = (
    "Longer side in pixels of the center that --fit=crop cuts out of each photo; by default "
    "the largest possible, and 140 for celeb_a, as in the paper."
)
NUM_BRIDGES_HELP = (
    "t, number of intermediate distributions; by default 4 for ivaae_*, else 1. For ivgan, the "
    "number of blocks, by default 4."
)
PRIOR_HELP = (
    "Prior p(z) of the codes: gaussian is N(0, I), uniform is on [−1, 1]^d, sphere on the unit "
    "sphere, mixture has several Gaussians."
)
PRIOR_BY_LABEL_HELP = (
    "Match the codes of each class with its own component of --prior=mixture, and not with the "
    "whole mixture. The discriminator gets the label of each image. Needs data with labels."
)
ENCODER_OBJECTIVE_HELP = (
    "Encoder's loss against the discriminator: prior labels every code as prior, confusion "
    "makes the discriminator unsure, reversed labels rung k as t−k, minimax is Algorithm 1 as "
    "printed and does not train."
)
INPUT_NOISE_HELP = (
    "Standard deviation of noise on the encoder's images in training, which are in [-1, 1]; 0 for "
    "none. The decoder reconstructs them without it (denoising auto-encoder)."
)
LIKELIHOOD_HELP = (
    "Reconstruction loss: squared_error, gaussian (learned variance), l1 (absolute), l2 (not "
    "squared), bernoulli (cross-entropy) or ssim (structure); by default the method's."
)
EMA_DECAY_HELP = (
    "Decay per step of an exponential moving average of the weights, lower in the first steps. "
    "Pictures, scores and export use the average. 0.999 is a good value; 0 for none."
)
CONDITIONAL_HELP = (
    "Give decoder and discriminator the label of each image, so that the codes need not have it, "
    "and samples have the label that you choose. Needs data with labels."
)
NUM_CATEGORIES_HELP = (
    "K, number of categories: a code is then K probabilities and a point of d dimensions. The "
    "categories are the classes of the labels, or clusters. 0 for none."
)
NUM_LABELS_HELP = (
    "Training images whose labels --num_categories uses, stratified by class; by default all, 0 "
    "for clusters."
)
DECAY_EPOCHS_HELP = "Epochs at which the learning rates decay, such as 30,50,100; empty for none."
DECAY_FACTORS_HELP = (
    "One factor per decay epoch, applied to the current learning rates: 0.5,0.5 quarters them."
)


CUSTOM = "custom"  # networks that were in memory, in records


class NetworkNames(tuple[str, ...]):
    """Names of networks of this program; "module:Name" of the user's are allowed, too."""

    def __contains__(self, value: object) -> bool:
        return super().__contains__(value) or value == CUSTOM or is_object_name(value)

    def __str__(self) -> str:
        return f"one of {', '.join(self)}, or module:Name of your own"


def is_object_name(value: object) -> bool:
    """Returns whether a value is like `my_package.my_module:MyNetworks`."""
    module, _, name = str(value).partition(":")
    return name.isidentifier() and all(part.isidentifier() for part in module.split("."))


class SettingsError(UserError, ValueError):
    """An error in the settings of a run."""


@dataclasses.dataclass(frozen=True)
class Text:
    """The values of a setting that is a name or a path.

    Attributes:
        check: Raises `flags.ValidationError` for a wrong value, as in `path_flags`.
        is_path: Whether it is a path.
    """

    check: Check | None = None
    is_path: bool = False


Allowed = Range | Sequence[str] | type[bool] | Text


def setting(
    default: Any,
    allowed: Allowed,
    help_text: str,
    *,
    topic: str,
    only_trains: bool = False,
) -> Any:
    """Returns a field from which the flag of the same name is made.

    Args:
        default: The default; None if it depends on other settings; a tuple if there may be several
            values.
        allowed: The range of a number, the names to choose from, `bool`, or any text.
        help_text: The help of the flag; without one, the flag is defined elsewhere.
        topic: The heading of the flag in the help.
        only_trains: Whether only the training needs it, and not the trained model.
    """
    metadata = {"allowed": allowed, "help": help_text, "topic": topic, "only_trains": only_trains}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedSettings:
    """Settings whose fields are flags of the same name, with the same default and range."""

    @classmethod
    def from_flags(cls, values: Mapping[str, Any]) -> Self:
        """Returns the settings from the values of parsed flags, or from a whole record.

        Raises:
            KeyError: If a setting is missing.
        """
        return cls(**{field.name: frozen(values[field.name]) for field in dataclasses.fields(cls)})

    @classmethod
    def from_text(cls, texts: Mapping[str, str]) -> Self:
        """Returns the settings from a flagfile, name -> text, or their defaults."""
        return cls(
            **{
                field.name: _value(field, texts[field.name])
                for field in dataclasses.fields(cls)
                if field.name in texts
            }
        )

    def check(self, *, to_train: bool = True) -> None:
        """Checks that each number is in its range and each name is known.

        Args:
            to_train: Whether to check the settings that only the training needs.

        Raises:
            SettingsError: If one is not.
        """
        for field in dataclasses.fields(self):
            value, allowed = getattr(self, field.name), field.metadata.get("allowed")
            if value is None or allowed is None:
                continue
            if field.metadata["only_trains"] and not to_train:
                continue
            for each in value if isinstance(field.default, tuple) else (value,):
                check_allowed(field.name, each, allowed)

    def to_record(self) -> dict[str, Any]:
        """Returns name -> value for JSON, with lists for tuples."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }


def check_allowed(name: str, value: Any, allowed: Allowed) -> None:
    """Checks that a number is in a range, that a name is one of several, or that text is valid.

    Raises:
        SettingsError: If not.
    """
    if isinstance(allowed, Text):
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{name} must be text. Received: {value!r}")
        try:
            if allowed.check is not None:
                allowed.check(value)
        except flags.ValidationError as error:
            raise SettingsError(f"{name}={value}: {error}") from error
    elif allowed is bool:
        if not isinstance(value, bool):
            raise SettingsError(f"{name} must be True or False. Received: {value!r}")
    elif value not in allowed:
        if not isinstance(allowed, Range | NetworkNames):
            allowed = f"one of {', '.join(allowed)}"
        raise SettingsError(f"{name} must be {allowed}. Received: {value!r}")


def converted(field: dataclasses.Field, value: Any) -> Any:
    """Returns a value that was given in Python as the flag of the field would give it.

    NumPy's numbers become Python's, paths become text without ~, and a single value of several, or
    any sequence of them, a tuple.
    """
    if isinstance(field.default, tuple):
        if value is None:
            return ()
        values = (value,) if isinstance(value, str) or not hasattr(value, "__iter__") else value
        return tuple(_converted(each, field.metadata["allowed"]) for each in values)
    return _converted(value, field.metadata.get("allowed"))


def _converted(value: Any, allowed: Any) -> Any:
    if isinstance(allowed, Range) and value in allowed:
        number = type(allowed.low)
        return tuple(map(number, value)) if isinstance(value, tuple) else number(value)
    if isinstance(allowed, Text) and allowed.is_path and isinstance(value, str | os.PathLike):
        text = os.fspath(value)  # A path, or an address.
        return str(Path(text).expanduser()) if text.startswith("~") else text
    return value


def _value(field: dataclasses.Field, text: str) -> Any:
    """Returns the value of a setting from the text of a flagfile."""
    allowed = field.metadata.get("allowed")
    if allowed is bool:
        return {"true": True, "false": False}[text]
    if not isinstance(allowed, Range):
        return text
    if isinstance(allowed, SideRange):
        return allowed.parse(text)
    number = int if isinstance(allowed.low, int) else float
    if isinstance(field.default, tuple):
        return tuple(map(number, filter(None, text.split(","))))
    return number(text)


def frozen(value: Any) -> Any:
    """Returns a list of flags or JSON as a tuple, any other value unchanged."""
    return tuple(value) if isinstance(value, list) else value


def whole_batches(num_images: int, batch_size: int) -> int:
    """Returns the number of whole batches in `num_images` training images.

    Raises:
        SettingsError: If there is not one whole batch.
    """
    if num_images < 2:
        raise SettingsError(f"a batch has at least 2 images; found {num_images} training image(s)")
    if batch_size > num_images:
        raise SettingsError(
            f"--batch_size must be at most the {num_images} training images; found {batch_size}"
        )
    return num_images // batch_size


def check_decay(
    learning_rates: Sequence[float], epochs: Sequence[int], factors: Sequence[float]
) -> None:
    """Checks that learning rates decay at increasing epochs, and not to nothing.

    Raises:
        SettingsError: If not.
    """
    if len(epochs) != len(factors):
        raise SettingsError(
            "lr_decay_epochs and lr_decay_factors must be equally many. Received: "
            f"{list(epochs)} and {list(factors)}"
        )
    if any(later <= earlier for earlier, later in itertools.pairwise(epochs)):
        raise SettingsError(f"lr_decay_epochs must increase. Received: {list(epochs)}")
    for rate in learning_rates:
        last = rate * math.prod(factors)
        if last not in LEARNING_RATES:
            raise SettingsError(
                f"lr_decay_factors must result in a learning rate that is {LEARNING_RATES}. "
                f"Received: {list(factors)}, which change {rate} to {last}"
            )
