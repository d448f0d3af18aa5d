"""What all settings share: their road from flags, and to a record."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordedSettings:
    """Settings whose fields are flags of the same name, with the same default."""

    @classmethod
    def from_flags(cls, values: Mapping[str, Any]) -> Self:
        """Returns the settings from the values of parsed flags, or from a whole record.

        Raises:
            KeyError: If a setting is missing.
        """
        return cls(**{field.name: frozen(values[field.name]) for field in dataclasses.fields(cls)})

    def to_record(self) -> dict[str, Any]:
        """Returns name -> value for JSON, with lists for tuples."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }


def frozen(value: Any) -> Any:
    """Returns a list of flags or JSON as a tuple, any other value unchanged."""
    return tuple(value) if isinstance(value, list) else value
