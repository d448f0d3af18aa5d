"""Flags made from the fields of settings."""

import dataclasses
from typing import Any

from absl import flags

from ivaae_tf.program.command import topic
from ivaae_tf.program.number_flags import define_number, define_numbers
from ivaae_tf.program.ranges import Range
from ivaae_tf.setting_fields import RecordedSettings


def define_setting_flags(settings: type[RecordedSettings]) -> None:
    """Defines a flag for each field that has a help."""
    for field in dataclasses.fields(settings):
        if field.metadata.get("help"):
            with topic(field.metadata["topic"]):
                _define(field.name, field.default, **field.metadata)


def check_settings(settings: type[RecordedSettings]) -> None:
    """Checks that the values of all settings fit together, when the flags are parsed."""

    def check(values: dict[str, Any]) -> bool:
        settings.from_flags(values).check()
        return True

    flags.register_multi_flags_validator(
        [field.name for field in dataclasses.fields(settings)], check
    )


def _define(name: str, default: Any, *, allowed: Any, help: str, **_: Any) -> None:
    if allowed is bool:
        flags.DEFINE_bool(name, default, help)
    elif not isinstance(allowed, Range):
        flags.DEFINE_enum(name, default, list(allowed), help)
    elif isinstance(default, tuple):
        define_numbers(name, default, help, allowed)
    else:
        define_number(name, default, help, allowed)
