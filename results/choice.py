"""Writes which method is best for what into the README, from the records of the trade-off.

python -m results.choice
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ivaae_tf.methods import METHODS
from ivaae_tf.plots.files import save
from pipelines import command_line
from pipelines.command import Command
from results.page import SCORE_TITLES, SCORES, score_cells
from results.run import Record
from results.trade_off.__main__ import Cells, TradeOff, by_cell, weight_flag

_COMMAND = Command("results.choice", "", lambda: None)

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results.choice -->\n", "<!-- end of results.choice -->"

_MOST_SSE = 1.2  # times the lowest: reconstructions that are hardly worse
_FOLLOWS = 0.25  # FLD of codes that follow the prior well enough to sample from it

Means = Mapping[str, float]  # name of a score -> mean over the seeds


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a user may want most of a model.

    Attributes:
        text: The wish.
        score: Name of the score that is lowest for the best one.
        sampler: The samplers of the methods that come into question; None for all.
        may_be: Whether the means of a method and weight allow it, given the lowest SSE of all.
    """

    text: str
    score: str
    sampler: str | None
    may_be: Callable[[Means, float], bool]


WISHES = (
    Wish(
        "new images from the prior that are nearest to the data",
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
        f"codes nearest to the prior, with an SSE of at most {_MOST_SSE:g} times the lowest",
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


def main(argv: Sequence[str]) -> None:
    """Replaces the table in the README."""
    del argv
    before, rest = README.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    save(README, (before + BEGIN + table(TradeOff().records()) + END + after).encode())
    print(README)


def table(records: Sequence[Record]) -> str:
    """Returns the table in Markdown."""
    cells = by_cell(records)
    lines = [
        f"| You want | Choose | {' | '.join(SCORE_TITLES)} |",
        f"|{'---|' * (2 + len(SCORE_TITLES))}",
    ]
    for wish in WISHES:
        method, weight = best(cells, wish)
        choice = f"`--method={method} --{weight_flag(method)}={weight:g}`"
        lines.append(
            f"| {wish.text} | {choice} | {' | '.join(score_cells(cells[method, weight]))} |"
        )
    return "\n".join(lines) + "\n"


def best(cells: Cells, wish: Wish) -> tuple[str, float]:
    """Returns the method and the weight that are best for a wish."""
    means = {
        cell: {name: float(np.mean([each.score(name).value for each in group])) for name in SCORES}
        for cell, group in cells.items()
    }
    lowest = min(each["reconstruction_sse"] for each in means.values())
    samplers = (wish.sampler or "prior gmm second_stage").split()
    possible = {
        cell: each[wish.score]
        for cell, each in means.items()
        if METHODS[cell[0]].sampler in samplers and wish.may_be(each, lowest)
    }
    return min(possible, key=possible.__getitem__)


if __name__ == "__main__":
    command_line.run(main, _COMMAND)
