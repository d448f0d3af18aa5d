"""Chooses the best method for each wish, from the records of three studies."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ivaae_tf.methods import METHODS
from results.averages.__main__ import EMA_DECAY
from results.mnist_runs import RATES
from results.page import COMPARED, SCORE_TITLES, SCORES, markdown_table, score_cell, score_cells
from results.rates.__main__ import by_cell as rates_by_cell
from results.run import Record, mean_score
from results.trade_off.__main__ import by_cell, weight_flag

# Times the lowest of the methods whose codes follow the prior: reconstructions hardly worse.
_MOST_SSE = 1.2
_FOLLOWS = 0.25  # FLD of codes that follow the prior well enough to sample from it


class Choice(NamedTuple):
    """A method, its weight, the learning rates of E, G and D, and whether weights are averaged."""

    method: str
    weight: float
    rates: str = "5e-5, 1e-4, 1e-4"  # the paper's
    averaged: bool = False

    @property
    def flags(self) -> str:
        """The flags that choose it, without the learning rates."""
        flags = f"--method={self.method} --{weight_flag(self.method)}={self.weight:g}"
        return f"{flags} {EMA_DECAY}" if self.averaged else flags


Cells = Mapping[Choice, Sequence[Record]]
Means = Mapping[str, float]  # name of a score -> mean over the seeds


@dataclasses.dataclass(frozen=True)
class Wish:
    """The property of a model that a user may want most.

    Attributes:
        text: The wish.
        score: Name of the score that is lowest for the best one.
        sampler: The samplers of the methods that come into question; None for all.
        may_be: Whether the means of a choice allow it, given the lowest SSE of those that follow
            the prior.
    """

    text: str
    score: str
    sampler: str | None
    may_be: Callable[[Means, float], bool]


WISHES = (
    Wish(
        "the most realistic samples, from the prior",
        "frechet_classifier",
        "prior",
        lambda means, lowest: True,
    ),
    Wish(
        "the same with a sampler of its own, a mixture of the codes or a second stage",
        "frechet_classifier",
        "gmm second_stage",
        lambda means, lowest: True,
    ),
    Wish(
        f"codes closest to the prior (SSE of at most {_MOST_SSE:g} times the next row's)",
        "fld",
        None,
        lambda means, lowest: means["reconstruction_sse"] <= _MOST_SSE * lowest,
    ),
    Wish(
        f"the best reconstruction with codes that follow the prior (FLD of at most {_FOLLOWS:g})",
        "reconstruction_sse",
        None,
        lambda means, lowest: means["fld"] <= _FOLLOWS,
    ),
)


def table(trade_off: Sequence[Record], rates: Sequence[Record], averages: Sequence[Record]) -> str:
    """Returns the table in Markdown, from the records of the studies."""
    cells = cells_of(trade_off, rates, averages)
    rows = []
    for wish in WISHES:
        choice, *others = ranked(cells, wish)
        next_one = next((each for each in others if each.method != choice.method), None)
        next_text = "–"
        if next_one:
            scores = (f"{SCORES[name]} {score_cell(cells[next_one], name)}" for name in COMPARED)
            next_text = f"`{next_one.flags}`, {next_one.rates}: {', '.join(scores)}"
        first = [wish.text, f"`{choice.flags}`", choice.rates]
        rows.append([*first, *score_cells(cells[choice]), next_text])
    header = ["You want", "Choose", "learning rates of E, G, D", *SCORE_TITLES, "next method"]
    return markdown_table(header, rows)


def cells_of(
    trade_off: Sequence[Record], rates: Sequence[Record], averages: Sequence[Record]
) -> Cells:
    """Returns the records of each choice."""
    cells = {Choice(*cell): group for cell, group in by_cell(trade_off).items()}
    for records, averaged in ((rates, False), (averages, True)):
        for (method, name, weight), group in rates_by_cell(records).items():
            cells[Choice(method, weight, RATES[name].values, averaged)] = group
    return cells


def ranked(cells: Cells, wish: Wish) -> list[Choice]:
    """Returns what may be chosen for a wish, the best first."""
    means = {
        cell: {name: mean_score(group, name) for name in SCORES} for cell, group in cells.items()
    }
    lowest = min(
        (each["reconstruction_sse"] for each in means.values() if each["fld"] <= _FOLLOWS),
        default=np.inf,
    )
    samplers = (wish.sampler or "prior gmm second_stage").split()
    possible = {
        cell: each[wish.score]
        for cell, each in means.items()
        if METHODS[cell.method].sampler in samplers and wish.may_be(each, lowest)
    }
    return sorted(possible, key=possible.__getitem__)
