"""Closed ranges of numbers."""

import dataclasses
import numbers
from typing import Any

_SMALLEST = 1e-37  # In float32, smaller numbers lose their digits, and then are 0.


@dataclasses.dataclass(frozen=True)
class Range:
    """The numbers from `low` to `high`, both included; only integers if `low` is one.

    NaN and the infinities are in no range, if both bounds are finite. A range that begins at 0.0
    has no numbers between 0 and 1e-37.
    """

    low: float
    high: float

    def __contains__(self, value: Any) -> bool:
        kind = numbers.Integral if isinstance(self.low, int) else numbers.Real
        if not isinstance(value, kind) or 0 < value < _SMALLEST:  # type: ignore[operator]
            return False
        return bool(self.low <= value <= self.high)  # type: ignore[operator]

    def __str__(self) -> str:
        if isinstance(self.low, int):
            return f"an integer between {self.low:,} and {self.high:,}"
        if self.low == 0:
            return f"0, or a number between {_SMALLEST:g} and {_exact(self.high)}"
        return f"a number between {_exact(self.low)} and {_exact(self.high)}"

    @property
    def in_short(self) -> str:
        """The bounds in a few words; an upper bound that no one meets is left out."""
        if self.high >= 1e6:
            return f"from {_exact(self.low)}"
        return f"{_exact(self.low)} to {_exact(self.high)}"


def _exact(number: float) -> str:
    """Returns a number with all digits: rounded, the bound of a range could be outside of it."""
    return str(number).removesuffix(".0")


STEPS = Range(1, 1_000_000_000)  # of a training, or between two outputs
EPOCHS = Range(1, 1_000_000)
IMAGES = Range(1, 1_000_000_000)
SEEDS = Range(0, 2**31 - 1)  # TensorFlow draws from seeds of 32 bits with a sign.
