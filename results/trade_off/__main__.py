"""Trains twelve methods with several weights: reconstruction against regularity, on MNIST.

python -m results.trade_off
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from results import program
from results.fronts import (
    RELATED_WEIGHTS,
    WEIGHTS,
    add_comparison,
    add_fronts,
    weights_of,
)
from results.mnist_runs import small_run
from results.page import SCORE_TITLES, Page, number, score_cells
from results.run import Record, Run, grouped, mean_score

SEEDS = (0, 1, 2)

# The flag of the weight; of the others it is κ.
_LATENT = (*WEIGHTS, "infovae")

BRIDGED, _REFERENCES = tuple(WEIGHTS)[:3], tuple(WEIGHTS)[3:]
GOAL = 0.05  # FLD

Cells = Mapping[tuple[str, float], Sequence[Record]]


class TradeOff(program.Study):
    """Reconstruction against regularity."""

    name = "trade_off"
    title = "Reconstruction against regularity on MNIST"

    def runs(self) -> list[Run]:
        """Returns all methods' runs with one seed, then those with the others."""
        cells = [*cells_of(WEIGHTS), *cells_of(RELATED_WEIGHTS)]
        runs = [_run(method, weight, SEEDS[0]) for method, weight in cells]
        return runs + [_run(*cell, seed) for seed in SEEDS[1:] for cell in cells_of(WEIGHTS)]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return (
            "at equal reconstruction error, codes of radial IVAAE are slightly closer to the prior "
            "than an AAE's (the same as an SSE lower by 1 to 2 % at equal FLD), and codes of "
            "block-wise and SVGD IVAAE are not. The advantage fades at higher errors, where "
            "WAE-MMD and WAE-GAN come closer to the prior than radial IVAAE."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the fronts, the comparison at equal reconstruction, and all cells."""
        page.text(
            "Each method has five weights of its latent loss, from a tenth of its default to ten "
            "times it, with three seeds; methods of the related work have three weights and one "
            "seed. Methods differ in what a weight means, so only the curves compare.",
        )
        cells = by_cell(records)
        add_fronts(page, "fronts", records, WEIGHTS)
        add_fronts(page, "related", records, RELATED_WEIGHTS)
        _add_comparison(page, records)
        _add_goal(page, cells)
        _add_cells(page, cells)


def best_weight(records: Sequence[Record], method: str) -> float | None:
    """Returns the weight of the lowest mean Fréchet distance; None if not all weights were run."""
    groups = by_cell(record for record in records if record.fact("method") == method)
    if len(groups) < len(weights_of(method)):
        return None
    distances = {
        weight: mean_score(group, "frechet_classifier") for (_, weight), group in groups.items()
    }
    return min(distances, key=distances.__getitem__)


def weight_flag(method: str) -> str:
    """Returns the name of the flag of a method's weight: μ₂ or κ."""
    return "latent_weight" if method in _LATENT else "posterior_weight"


def _add_comparison(page: Page, records: Sequence[Record]) -> None:
    page.text(
        "## At equal reconstruction, and at equal FLD",
        "Means over the seeds with 95 % intervals by Welch's t-test; a ratio is one of geometric "
        "means. A front is a line of log FLD between its runs, and stays at its last value "
        "(a model within a limit of SSE is also within a higher limit). Without a value, the front "
        "of a seed has not begun at that SSE, or does not reach that FLD.",
    )
    add_comparison(
        page,
        records,
        (*itertools.product(BRIDGED, _REFERENCES), *itertools.combinations(_REFERENCES, 2)),
    )


def _add_goal(page: Page, cells: Cells) -> None:
    means = {
        cell: [mean_score(group, name) for name in ("fld", "reconstruction_sse")]
        for cell, group in cells.items()
        if cell[0] in WEIGHTS
    }
    regular = {cell: sse for cell, (fld, sse) in means.items() if fld <= GOAL}
    page.text("## FLD of at most 0.05")
    rows = []
    for method in WEIGHTS:
        good = {cell: sse for cell, sse in regular.items() if cell[0] == method}
        if good:
            cell = min(good, key=good.__getitem__)
            rows.append([method, f"{cell[1]:g}", number(means[cell][0]), number(good[cell], 3)])
        else:
            flds = [fld for cell, (fld, _) in means.items() if cell[0] == method]
            rows.append([method, "none", f"{number(min(flds))} at best" if flds else "–", "–"])
    page.text(
        "The goal of this study is an adversarial method with an FLD of at most 0.05, and with a "
        "reconstruction as good as WAE-MMD's. Here is the weight of each method with such an "
        "FLD (mean over seeds) that has the lowest SSE:"
    )
    page.table(["method", "weight", "FLD", "SSE"], rows)
    page.text(
        "[Higher learning rates](../rates/README.md) and [averages of the weights]"
        "(../averages/README.md) are measured by the same goal."
    )


def _add_cells(page: Page, cells: Cells) -> None:
    page.text("## All weights", "Mean ± standard deviation over seeds.")
    rows = []
    for (method, weight), group in sorted(cells.items(), key=_place):
        flag = "μ₂" if weight_flag(method) == "latent_weight" else "κ"
        rows.append([method, f"{flag} = {weight:g}", *score_cells(group)])
    page.table(["method", "weight", *SCORE_TITLES], rows)


def by_cell(records: Iterable[Record]) -> Cells:
    """Returns (method, weight) -> records of all seeds."""
    return grouped(records, "method", "weight")


def cells_of(table: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, float]]:
    """Yields methods and weights, the weights in the middle first."""
    most = max(map(len, table.values()))
    for index in sorted(range(most), key=lambda index: abs(index - most // 2)):
        for method, weights in table.items():
            yield method, weights[index]


def _place(item: tuple[tuple[str, float], Sequence[Record]]) -> tuple[int, float]:
    (method, weight), _ = item
    return [*WEIGHTS, *RELATED_WEIGHTS].index(method), weight


def _run(method: str, weight: float, seed: int) -> Run:
    return small_run(method, seed, [f"--{weight_flag(method)}={weight}"], {"weight": weight})


if __name__ == "__main__":
    program.run(TradeOff())
