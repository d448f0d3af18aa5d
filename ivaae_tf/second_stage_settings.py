"""The settings of a second stage, which need no TensorFlow."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecondStageSettings:
    """The settings that determine a second stage, except its codes and epochs.

    Each field is the flag of the same name of `ivaae second_stage`, with the same default; the
    defaults are those of Dai and Wipf (2019).
    """

    width: float = 1.0
    batch_size: int = 64
    learning_rate: float = 1e-4
    lr_decay_epochs: tuple[int, ...] = (300, 600)
    lr_decay_factors: tuple[float, ...] = (0.5, 0.5)
    seed: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SecondStageSettings":
        """Returns the settings from the values of parsed flags, or from `to_record`'s result.

        Raises:
            KeyError: If a setting is missing.
        """
        found: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            value = values[field.name]
            found[field.name] = tuple(value) if isinstance(value, list) else value
        return cls(**found)

    def to_record(self) -> dict[str, Any]:
        """Returns name -> value for JSON, with lists for tuples."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }
