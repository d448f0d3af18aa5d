"""A score with its standard error and everything that it depends on."""

import dataclasses
import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

Condition = str | int | float | bool | None

# Names in files of version 0.1.0 -> current names.
_RENAMED_FIELDS = {"step": "epoch"}
_RENAMED_CONDITIONS = {"expected_of_perfect_codes": "expected_under_prior"}


@dataclasses.dataclass(frozen=True)
class Score:
    """A named value, its sampling error, and its conditions.

    Attributes:
        name: Name of the score, which includes the name of the extractor if there is one.
        value: The score; nan if it does not exist (a diverged model).
        higher_is_better: Whether higher is better; None if neither direction is (sharpness).
        standard_error: Standard error due to the random sample that was scored; None if unknown.
        conditions: Everything the value depends on: counts, split, sampler, extractor, floor.
        epoch: Number of trained epochs; None outside training.

    Raises:
        TypeError: If a condition is not a string, a number, a truth value or None.
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
        """The name, epoch and conditions as JSON; equal if the same score is computed again."""
        return json.dumps([self.name, self.epoch, dict(self.conditions)], sort_keys=True)

    def with_conditions(
        self,
        conditions: Mapping[str, Condition] = MappingProxyType({}),
        /,
        epoch: int | None = None,
        **others: Condition,
    ) -> "Score":
        """Returns the score with further conditions, and at `epoch` if one is given.

        Conditions in the mapping may have any name, also "epoch".
        """
        return dataclasses.replace(
            self,
            conditions={**self.conditions, **conditions, **others},
            epoch=self.epoch if epoch is None else epoch,
        )

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary for strict JSON: numbers that are not finite become None."""
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
        """Returns the score that `to_json` described; a value of None becomes nan.

        Names of version 0.1.0 are accepted, too.

        Raises:
            ValueError, msgspec.ValidationError: If the record is not a score.
        """
        fields = _renamed(record, _RENAMED_FIELDS)
        if unknown := fields.keys() - {field.name for field in dataclasses.fields(cls)}:
            raise ValueError(f"a score has unknown fields: {', '.join(sorted(unknown))}")
        if "value" in fields and fields["value"] is None:
            fields["value"] = math.nan
        score = msgspec.convert(fields, cls)
        conditions = _renamed(score.conditions, _RENAMED_CONDITIONS)
        return dataclasses.replace(score, conditions=conditions)


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}


def _finite(value: Condition) -> Condition:
    return None if isinstance(value, float) and not math.isfinite(value) else value
