"""Verdicts on claims: a quantity, its interval, and what follows from it.

A quantity is a difference that the claim wants below 0, or the logarithm of a ratio that it wants
below 1, so below 0, too.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from results.page import number
from results.statistics import Interval

FEWEST_SEEDS = 3


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the records say of a claim.

    Attributes:
        verdict: "confirmed", "refuted", "depends" on the conditions, or "open".
        evidence: The quantities with their intervals.
    """

    verdict: str
    evidence: str


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A number that a claim wants below 0.

    Attributes:
        interval: Its interval.
        seeds: How many seeds each of its sides has.
    """

    interval: Interval
    seeds: tuple[int, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> "Quantity":
        """Returns the quantity with a value for each seed."""
        return cls(Interval.of(values), (len(values),))

    @classmethod
    def between(cls, values: Sequence[float], others: Sequence[float]) -> "Quantity":
        """Returns the difference of two methods, with a value for each seed of either."""
        return cls(Interval.between(values, others), (len(values), len(others)))

    @property
    def verdict(self) -> str:
        """The verdict of this quantity alone."""
        if min(self.seeds) < FEWEST_SEEDS:
            return "open"
        if self.interval.high < 0:
            return "confirmed"
        return "refuted" if self.interval.low > 0 else "open"


Quantities = Mapping[str, Quantity]  # under which condition -> quantity
Combine = Callable[[set[str]], str]  # the verdicts of the quantities -> that of the claim
Show = Callable[[Interval], str]

NOT_RUN = Answer("open", "not run yet")


def in_all_conditions(verdicts: set[str]) -> str:
    """Returns the verdict of a claim that is said of each condition."""
    if len(verdicts) == 1:
        return next(iter(verdicts))
    return "depends" if {"confirmed", "refuted"} <= verdicts else "open"


def with_all_parts(verdicts: set[str]) -> str:
    """Returns the verdict of a claim that is true if all of its parts are."""
    if "refuted" in verdicts:
        return "refuted"
    return "confirmed" if verdicts == {"confirmed"} else "open"


def judge(
    what: str, quantities: Quantities, show: Show, combine: Combine = in_all_conditions
) -> Answer:
    """Returns the verdict on some quantities, and their intervals."""
    if not quantities:
        return NOT_RUN
    seeds = {quantity.seeds for quantity in quantities.values()}
    is_same = len({count for counts in seeds for count in counts}) == 1
    parts = []
    for label, quantity in quantities.items():
        part = f"{label}: {show(quantity.interval)}" if label else show(quantity.interval)
        if not is_same:
            part += f" ({seeds_text(quantity.seeds)})"
        parts.append(part)
    evidence = f"{what}: {'; '.join(parts)}"
    if is_same:
        evidence += f"; {seeds_text(next(iter(seeds)))}"
    verdict = combine({quantity.verdict for quantity in quantities.values()})
    return Answer(verdict, evidence)


def seeds_text(counts: tuple[int, ...]) -> str:
    """Returns how many seeds there are on each side."""
    first, *others = counts
    if all(count == first for count in others):
        return "one seed" if first == 1 else f"{first} seeds"
    return f"{' and '.join(map(str, counts))} seeds"


def difference(values: Interval) -> str:
    """Shows the interval of a difference."""
    mean, low, high = (("+" if value > 0 else "") + number(value, 3) for value in values)
    return f"{mean} [{low}, {high}]" if np.isfinite(values.low) else mean
