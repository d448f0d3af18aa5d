"""Trains small models whose weights are averaged over the last steps, on MNIST.

python -m results.averages
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from results import program
from results.full_size.__main__ import BEST_WEIGHTS
from results.page import (
    COMPARED,
    COMPARED_TITLES,
    SCORE_TITLES,
    Page,
    number,
    ratio,
    score_cell,
    score_cells,
)
from results.rates.__main__ import CELL_TITLES, METHODS, Cell, Rates, by_cell, goal, run
from results.run import Record, Run
from results.statistics import Interval

SEEDS = (0, 1, 2)
_MORE_SEEDS = (3, 4, 5)  # of the cells that decide whether the goal is reached
_TIMES = 3  # the best weight of each method
_MORE_SEEDS_OF = (
    ("ivaae_radial", _TIMES),
    ("aae", _TIMES),
    ("wae_mmd", 1),
    ("wae_gan", _TIMES),
    ("ivaae_svgd", _TIMES),
)
EMA_DECAY = "--ema_decay=0.999"
_RATES = "d_twice"


class Averages(program.Study):
    """The effect of averages of the weights of E and G on codes and samples."""

    name = "averages"
    title = "Averaged weights on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed, and then further seeds of some cells."""
        cells = [(method, times) for times in (1, _TIMES) for method in METHODS]
        runs = [(seed, *cell) for seed in SEEDS for cell in cells]
        runs += [(seed, *cell) for seed in _MORE_SEEDS for cell in _MORE_SEEDS_OF]
        return [_run(*each) for each in runs]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        cells = by_cell(records)
        best = Cell("ivaae_radial", _RATES, _TIMES * BEST_WEIGHTS["ivaae_radial"])
        mmd = Cell("wae_mmd", _RATES, BEST_WEIGHTS["wae_mmd"])
        ratios = [np.exp(np.mean(logs)) for logs in log_ratios(records, "fld").values()]
        (fld, sse), (mmd_fld, mmd_sse) = (
            [score_cell(cells[cell], name) for name in ("fld", "reconstruction_sse")]
            for cell in (best, mmd)
        )
        return (
            f"averaged weights have {number(min(ratios))} to {number(max(ratios))} times the FLD "
            "of the last step's weights, at an SSE that is 2 to 4 % lower. With three times the "
            f"weight, radial IVAAE has an FLD of {fld} at an SSE of {sse}; WAE-MMD has {mmd_fld} "
            f"at {mmd_sse}."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table, and what the averages change."""
        page.text(
            "Learning rates and weights are as in [the study of learning "
            f"rates](../rates/README.md) with the lower one of D. `{EMA_DECAY}` averages the "
            "weights of E and G over about the last thousand of 18,740 steps, and the averages "
            "are scored. Each method has three times its best weight, too. If the lowest mean "
            "FLD of a method was below the goal of 0.05 with the first three seeds, that weight "
            "got three more; and so did WAE-MMD's weight with the best reconstruction at such an "
            "FLD, to compare with.",
        )
        cells = by_cell(records)
        rows = [[*cell.texts, *score_cells(group)] for cell, group in cells.items()]
        page.table([*CELL_TITLES, *SCORE_TITLES], rows)
        page.text(
            "## Averages / weights of the last step",
            "The trainings that are in the study of learning rates, too, are the same, step by "
            "step, so that each seed shows what averages change.",
        )
        compared = [log_ratios(records, name) for name in COMPARED]
        rows = [
            [*cell.texts, *(ratio(Interval.of(logs[cell])) for logs in compared)]
            for cell in compared[0]
        ]
        page.table([*CELL_TITLES, *COMPARED_TITLES], rows)
        page.text(*goal(cells))


def _run(seed: int, method: str, times: int) -> Run:
    weight = None if times == 1 else times * BEST_WEIGHTS[method]
    return run(method, _RATES, seed, weight, (EMA_DECAY,))


def log_ratios(records: Sequence[Record], name: str) -> dict[Cell, list[float]]:
    """Returns log ratios of a score to the last step's score, within the seeds of each cell."""
    last = {
        (cell, record.fact("seed")): record.score(name).value
        for cell, group in by_cell(program.records_of(Rates)).items()
        for record in group
    }
    found: dict[Cell, list[float]] = defaultdict(list)
    for cell, group in by_cell(records).items():
        for record in group:
            if (key := (cell, record.fact("seed"))) in last:
                found[cell].append(float(np.log(record.score(name).value / last[key])))
    return found


if __name__ == "__main__":
    program.run(Averages())
