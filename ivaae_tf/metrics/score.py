"""One score with all that it depends on."""

import dataclasses
import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Condition = str | int | float | bool | None

# Fields and conditions whose names were others in files of version 0.1.0.
_RENAMED_FIELDS = {"step": "epoch"}
_RENAMED_CONDITIONS = {"expected_of_perfect_codes": "expected_under_prior"}


@dataclasses.dataclass(frozen=True)
class Score:
    """A named value, its sampling error, and the conditions it holds under.

    Attributes:
        name: of the score, with the extractor in it where there is one.
        value: the score; nan where it does not exist (a diverged model).
        higher_is_better: which way is better; None where neither is (sharpness).
        standard_error: over draws of the scored sample, None where none can be told.
        conditions: what the value depends on: counts, split, sampler, extractor, floor.
        epoch: the number of epochs after which it was taken, None outside training.

    Raises:
        TypeError: a condition is not a string, a number, a truth value or None.
    """

    name: str
    value: float
    higher_is_better: bool | None
    standard_error: float | None = None
    conditions: Mapping[str, Condition] = dataclasses.field(default_factory=dict)
    epoch: int | None = None

    def __post_init__(self):
        conditions = {
            key: value.item() if isinstance(value, np.generic) else value
            for key, value in self.conditions.items()
        }
        for key, value in conditions.items():
            if not isinstance(value, str | int | float | bool | None):
                raise TypeError(f"condition {key} of {self.name} is a {type(value).__name__}")
        error = self.standard_error
        object.__setattr__(self, "conditions", conditions)
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "standard_error", None if error is None else float(error))

    @property
    def key(self) -> str:
        """Equal for two scores exactly if one is the other taken again."""
        return json.dumps([self.name, self.epoch, dict(self.conditions)], sort_keys=True)

    def with_conditions(
        self,
        conditions: Mapping[str, Condition] = MappingProxyType({}),
        /,
        epoch: int | None = None,
        **others: Condition,
    ) -> "Score":
        """The same score with further conditions, and at `epoch` if one is given.

        Conditions in a mapping cannot be taken for the epoch, whatever their names.
        """
        return dataclasses.replace(
            self,
            conditions={**self.conditions, **conditions, **others},
            epoch=self.epoch if epoch is None else epoch,
        )

    def to_json(self) -> dict[str, Any]:
        """A dictionary that strict JSON can hold: a number that is not finite becomes None."""
        return {
            "name": self.name,
            "epoch": self.epoch,
            "value": _finite(self.value),
            "standard_error": _finite(self.standard_error),
            "higher_is_better": self.higher_is_better,
            "conditions": {key: _finite(value) for key, value in self.conditions.items()},
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Score":
        """The score that `to_json` described; a value of None becomes nan.

        Names of version 0.1.0 are understood, too.

        Raises:
            TypeError, KeyError: the record is no score.
        """
        fields = _renamed(record, _RENAMED_FIELDS)
        if fields["value"] is None:
            fields["value"] = math.nan
        fields["conditions"] = _renamed(fields.get("conditions", {}), _RENAMED_CONDITIONS)
        return cls(**fields)


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}


def _finite(value: Condition) -> Condition:
    return None if isinstance(value, float) and not math.isfinite(value) else value
