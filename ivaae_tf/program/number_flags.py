"""Flags whose values are numbers in a range."""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.program.ranges import Range


class _IntegerParser(flags.IntegerParser):
    def __init__(self, allowed: Range):
        super().__init__()
        self._allowed = allowed
        self.syntactic_help = str(allowed)

    def is_outside_bounds(self, val):
        return val not in self._allowed


class _FloatParser(flags.FloatParser):
    def __init__(self, allowed: Range):
        super().__init__()
        self._allowed = allowed
        self.syntactic_help = str(allowed)

    def is_outside_bounds(self, val):
        return val not in self._allowed  # With absl's own bounds, NaN is inside of each range.


class _NumbersParser(flags.ListParser):
    """Reads comma-separated numbers, each in the range."""

    def __init__(self, allowed: Range):
        super().__init__()
        self._number = _parser(allowed)

    def parse(self, argument):
        try:
            return [self._number.parse(text) for text in super().parse(argument)]
        except ValueError as error:
            raise ValueError(f"expected comma-separated numbers ({error})") from error


def define_number(name: str, default: float | None, help_text: str, allowed: Range) -> None:
    """Defines a flag of one number, an integer if the range has integers."""
    flags.DEFINE(_parser(allowed), name, default, help_text, serializer=flags.ArgumentSerializer())


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


def _parser(allowed: Range) -> flags.IntegerParser | flags.FloatParser:
    return _IntegerParser(allowed) if isinstance(allowed.low, int) else _FloatParser(allowed)
