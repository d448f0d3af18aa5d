"""Flags whose values are numbers in a range."""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.program.ranges import Range


class _NumberParser(flags.ArgumentParser):
    """Reads a number, an integer if the range has integers."""

    def __init__(self, allowed: Range):
        self.allowed = allowed
        self.syntactic_help = str(allowed)

    def parse(self, argument):
        convert = int if isinstance(self.allowed.low, int) else float
        try:
            value = convert(argument)
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

    def __init__(self, allowed: Range):
        super().__init__()
        self.allowed = allowed
        self._number = _NumberParser(allowed)

    def parse(self, argument):
        try:
            return [self._number.parse(text) for text in super().parse(argument)]
        except ValueError as error:
            raise ValueError(f"expected comma-separated numbers ({error})") from error


def define_number(name: str, default: float | None, help_text: str, allowed: Range) -> None:
    """Defines a flag of one number, an integer if the range has integers."""
    flags.DEFINE(
        _NumberParser(allowed), name, default, help_text, serializer=flags.ArgumentSerializer()
    )


def define_numbers(name: str, default: Sequence[float], help_text: str, allowed: Range) -> None:
    """Defines a flag of comma-separated numbers.

    A later flag replaces an earlier one. absl's own flags of several numbers append to it, so the
    list of a flagfile could not be shortened.
    """
    flags.DEFINE(
        _NumbersParser(allowed),
        name,
        list(default),
        help_text,
        serializer=flags.ListSerializer(","),
    )
