"""Trains small models whose weights are averaged over the last steps, on MNIST.

python -m results.averages
"""

from collections.abc import Sequence

import numpy as np

from results import program
from results.full_size.__main__ import BEST_WEIGHTS
from results.mnist_runs import PROTOCOL, SCORES
from results.page import COMPARED, COMPARED_TITLES, SCORE_TITLES, Page, ratio, score_cells
from results.rates.__main__ import CELL_TITLES, METHODS, Rates, by_cell, goal, run
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
    """What averages of the weights of E and G do for codes and samples."""

    name = "averages"
    title = "Averaged weights on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed, and then further seeds of some cells."""
        cells = [(method, times) for times in (1, _TIMES) for method in METHODS]
        runs = [(seed, *cell) for seed in SEEDS for cell in cells]
        runs += [(seed, *cell) for seed in _MORE_SEEDS for cell in _MORE_SEEDS_OF]
        return [_run(*each) for each in runs]

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table, and what the averages change."""
        page.text(
            PROTOCOL,
            SCORES,
            "Learning rates and weights are those of [the study of rates](../rates/README.md) "
            f"with the lower rate of D. `{EMA_DECAY}` averages the weights of E and G over about "
            "the last thousand of 18,740 steps, and the averages are scored. Each method has "
            "three times its best weight, too. If the lowest mean FLD of a method was below the "
            "goal of 0.05 with the first three seeds, that weight got three more; and so did "
            "WAE-MMD's weight with the best reconstruction at such an FLD, to compare with. Mean ± "
            "standard deviation over seeds.",
        )
        cells = by_cell(records)
        rows = [[*cell.texts, *score_cells(group)] for cell, group in cells.items()]
        page.table([*CELL_TITLES, *SCORE_TITLES], rows)
        page.text(
            "## Averages / weights of the last step",
            "The trainings that are in the study of rates, too, are the same, step by step, so "
            "that each seed shows what averages change. Geometric mean over these seeds, with its "
            "95 % interval.",
        )
        last_steps = by_cell(Rates().records())
        rows = [
            [*cell.texts, *(_paired_ratio(group, last_steps[cell], name) for name in COMPARED)]
            for cell, group in cells.items()
            if cell in last_steps
        ]
        page.table([*CELL_TITLES, *COMPARED_TITLES], rows)
        page.text(*goal(cells))


def _run(seed: int, method: str, times: int) -> Run:
    weight = None if times == 1 else times * BEST_WEIGHTS[method]
    return run(method, _RATES, seed, weight, (EMA_DECAY,))


def _paired_ratio(averaged: Sequence[Record], last: Sequence[Record], name: str) -> str:
    """Returns the ratio of a score within the seeds, mean [low, high]."""
    of_last = {record.fact("seed"): record.score(name).value for record in last}
    logs = [
        np.log(record.score(name).value / of_last[record.fact("seed")])
        for record in averaged
        if record.fact("seed") in of_last
    ]
    return ratio(Interval.of(logs))


if __name__ == "__main__":
    program.run(Averages())
