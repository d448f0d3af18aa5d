"""Keyword arguments: settings and options by the names of their flags."""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ivaae_tf.program.errors import UserError
from ivaae_tf.setting_fields import RecordedSettings, converted

# Name -> names of the options that it sets.
SHORT_FORMS = {
    "learning_rate": ("learning_rate_encoder", "learning_rate_decoder"),
    "samplers": ("sampler",),
}


def read(arguments: Mapping[str, Any], *kinds: type[RecordedSettings]) -> list[Any]:
    """Returns options of each kind from keyword arguments; what is missing has its default.

    Args:
        arguments: Name, or short form, -> value.
        kinds: Classes of settings and options.

    Raises:
        UserError: If a name is unknown, or a value is not allowed.
    """
    fields = {field.name: field for kind in kinds for field in dataclasses.fields(kind)}
    values = {}
    for name, value in arguments.items():
        for target in (name,) if name in fields else SHORT_FORMS.get(name, (name,)):
            if target not in fields:
                raise UserError(_unknown(name, list(fields)))
            values[target] = converted(fields[target], value)
    made = [kind(**_of(kind, values)) for kind in kinds]
    for each in made:
        each.check()
    return made


def _of(kind: type[RecordedSettings], values: Mapping[str, Any]) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(kind)]
    return {name: values[name] for name in names if name in values}


def keywords(values: Mapping[str, Any], *kinds: type[RecordedSettings]) -> dict[str, Any]:
    """Returns the values of flags as the keyword arguments of which `read` makes these kinds."""
    return {name: value for kind in kinds for name, value in _of(kind, values).items()}


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(known))}"
    return f"unknown argument {name!r}; {hint}"
