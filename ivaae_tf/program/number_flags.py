"""Flags whose values are numbers in a range."""

from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from ivaae_tf.program.image_sizes import SideRange
from ivaae_tf.program.ranges import Range


class _NumberParser(flags.ArgumentParser):
    """Reads an integer or a float in a range.

    absl makes one parser for equal arguments, and Range(0, 9) is equal to Range(0.0, 9.0).
    """

    def __init__(self, convert: Callable[[str], Any], allowed: Range):
        self._convert = convert
        self.allowed = allowed
        self.syntactic_help = str(allowed)

    def parse(self, argument):
        try:
            value = self._convert(argument)
        except (ValueError, OverflowError):
            value = None
        # With absl's own bounds, NaN is inside of each range.
        if isinstance(argument, bool) or value not in self.allowed:
            raise ValueError(f"expected {self.allowed}")
        return value

    def flag_type(self):
        return "number"


class _NumbersParser(flags.ListParser):
    """Reads comma-separated numbers, each in the range."""

    def __init__(self, convert: type[int] | type[float], allowed: Range):
        super().__init__()
        self.allowed = allowed
        self._number = _NumberParser(convert, allowed)

    def parse(self, argument):
        try:
            return [self._number.parse(text) for text in super().parse(argument)]
        except ValueError as error:
            raise ValueError(f"expected comma-separated numbers ({error})") from error


def define_number(name: str, default: float | None, help_text: str, allowed: Range) -> None:
    """Defines a flag of one number, an integer if the range has integers, or an image size."""
    convert = allowed.parse if isinstance(allowed, SideRange) else type(allowed.low)
    parser = _NumberParser(convert, allowed)
    flags.DEFINE(parser, name, default, help_text, serializer=flags.ArgumentSerializer())


def define_numbers(name: str, default: Sequence[float], help_text: str, allowed: Range) -> None:
    """Defines a flag of comma-separated numbers.

    A later flag replaces an earlier one. absl's own flags of several numbers append to it, so the
    list of a flagfile could not be shortened.
    """
    flags.DEFINE(
        _NumbersParser(type(allowed.low), allowed),
        name,
        list(default),
        help_text,
        serializer=flags.ListSerializer(","),
    )
