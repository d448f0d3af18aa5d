"""What all settings share: their ranges, their road from flags, and to a record."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.ranges import Range

# Ranges of settings that both stages have.
WIDTHS = Range(0.001, 64.0)  # At 0.001 the widest layer has one unit.
BATCH_SIZES = Range(2, 1_000_000)
LEARNING_RATES = Range(1e-12, 10.0)
DECAY_FACTORS = Range(1e-6, 1e6)


class SettingsError(UserError, ValueError):
    """An error in the settings of a run."""


def number(default: Any, allowed: Range, *, only_trains: bool = False) -> Any:
    """Returns the field of a number, or of a tuple of numbers, in a range.

    Args:
        default: Its default.
        allowed: Its range.
        only_trains: Whether only the training needs it, and not the trained model.
    """
    return dataclasses.field(
        default=default, metadata={"range": allowed, "only_trains": only_trains}
    )


def range_of(field: dataclasses.Field) -> Range | None:
    """Returns the range of a field, None if it is not of numbers."""
    return field.metadata.get("range")


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

    def check(self, *, to_train: bool = True) -> None:
        """Checks that each number is in its range.

        Args:
            to_train: Whether the numbers that only the training needs are checked, too.

        Raises:
            SettingsError: If one is not.
        """
        for field in dataclasses.fields(self):
            value, allowed = getattr(self, field.name), range_of(field)
            if allowed is None or value is None:
                continue
            if field.metadata["only_trains"] and not to_train:
                continue
            for each in value if isinstance(value, tuple) else (value,):
                if each not in allowed:
                    raise SettingsError(f"{field.name} must be {allowed}. Received: {each!r}")

    def to_record(self) -> dict[str, Any]:
        """Returns name -> value for JSON, with lists for tuples."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }


def frozen(value: Any) -> Any:
    """Returns a list of flags or JSON as a tuple, any other value unchanged."""
    return tuple(value) if isinstance(value, list) else value


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
                f"lr_decay_factors must lead to a rate that is {LEARNING_RATES}. Received: "
                f"{list(factors)}, which lead from {rate} to {last}"
            )
