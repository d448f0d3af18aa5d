"""Flags made from the fields of settings."""

import dataclasses
from typing import Any

from absl import flags

from ivaae_tf.program.command import topic
from ivaae_tf.program.number_flags import define_number, define_numbers
from ivaae_tf.program.path_flags import define_name, define_names, define_path
from ivaae_tf.program.ranges import Range
from ivaae_tf.setting_fields import NetworkNames, RecordedSettings, Text, is_object_name


def define_setting_flags(
    settings: type[RecordedSettings], of: str | None = None, title: str | None = None
) -> None:
    """Defines a flag for each field that has a help.

    Args:
        settings: The class of settings or options.
        of: The topic of the fields; None for all fields.
        title: The topic of the flags, if it is another.
    """
    for field in dataclasses.fields(settings):
        if field.metadata.get("help") and of in (None, field.metadata["topic"]):
            with topic(title or field.metadata["topic"]):
                _define(field.name, field.default, **field.metadata)


def check_settings(settings: type[RecordedSettings]) -> None:
    """Checks that the values of all settings fit together, when the flags are parsed."""

    def check(values: dict[str, Any]) -> bool:
        settings.from_flags(values).check()
        return True

    flags.register_multi_flags_validator(
        [field.name for field in dataclasses.fields(settings)], check
    )


class _NetworkParser(flags.EnumParser):
    """Reads a name of networks, or "module:Name" of the user's."""

    def parse(self, argument):
        """Returns the name unchanged."""
        return argument if is_object_name(argument) else super().parse(argument)


def _define(name: str, default: Any, *, allowed: Any, help: str, **_: Any) -> None:
    if allowed is bool:
        flags.DEFINE_bool(name, default, help)
    elif isinstance(allowed, Text):
        if isinstance(default, tuple):
            define_names(name, help)
        else:
            define = define_path if allowed.is_path else define_name
            define(name, default, help, allowed.check)
    elif isinstance(allowed, NetworkNames):
        choices = f"<{'|'.join(allowed)}|module:Name>: {help}"
        parser = _NetworkParser(list(allowed))
        flags.DEFINE(parser, name, default, choices, serializer=flags.ArgumentSerializer())
    elif not isinstance(allowed, Range):
        if isinstance(default, tuple):
            flags.DEFINE_multi_enum(name, list(default), list(allowed), help)
        else:
            flags.DEFINE_enum(name, default, list(allowed), help)
    elif isinstance(default, tuple):
        define_numbers(name, default, help, allowed)
    else:
        define_number(name, default, help, allowed)
