"""Trains small models with higher learning rates than the paper's, on MNIST.

python -m results.rates
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from results import program
from results.full_size.__main__ import BEST_WEIGHTS
from results.mnist_runs import RATES, small_run
from results.page import SCORE_TITLES, Page, score_cell, score_cells
from results.run import Record, Run, mean_score
from results.trade_off.__main__ import GOAL, TradeOff, weight_flag
from results.trade_off.__main__ import by_cell as trade_off_by_cell

SEEDS = (0, 1, 2)
METHODS = ("ivaae_radial", "ivaae_blockwise", "ivaae_svgd", "aae", "wae_gan", "wae_mmd")
RELATED = ("vae", "infovae", "two_stage_vae", "rae_l2", "rae_gp", "rae_sn")
# On the way to an FLD of 0.05: method -> more weights.
_HIGHER_WEIGHTS = {"ivaae_radial": (12, 40), "aae": (3, 10)}


class Rates(program.Study):
    """The effect of ten times the paper's learning rates in a fifteenth of its epochs."""

    name = "rates"
    title = "Learning rates of short trainings on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed, and then the runs of further methods and weights."""
        runs = [run(method, rates, seed) for seed in SEEDS for method in METHODS for rates in RATES]
        runs += [run(method, "d_ten_times", SEEDS[0]) for method in RELATED]
        runs += [
            run(method, "d_twice", seed, weight)
            for seed in SEEDS
            for method, weights in _HIGHER_WEIGHTS.items()
            for weight in weights
        ]
        return runs

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        cells, papers = by_cell(records), trade_off_by_cell(program.records_of(TradeOff))
        weight = BEST_WEIGHTS["ivaae_radial"]
        groups = [papers["ivaae_radial", weight]]
        groups += [cells[Cell("ivaae_radial", rates, weight)] for rates in RATES]
        sses = [score_cell(group, "reconstruction_sse") for group in groups]
        distances = [score_cell(group, "frechet_classifier") for group in groups]
        return (
            "the paper's learning rates are too low for 20 epochs: with ten times the rates of E "
            f"and G, radial IVAAE has an SSE of {sses[1]} (D ×10) or {sses[2]} (D ×2) instead of "
            f"{sses[0]}, and a Fréchet distance of {distances[1]} or {distances[2]} instead of "
            f"{distances[0]}. Radial IVAAE, AAE and WAE-GAN cannot be distinguished in FLD here."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table of all methods and rates."""
        page.text(
            "Here are multiples of the paper's learning rates. Each method has the weight of its "
            "lowest Fréchet distance in [the trade-off](../trade_off/README.md), which has the "
            "paper's learning rates; two methods have higher weights, too. So the reconstruction "
            "errors differ.",
        )
        rows = [[*cell.texts, *score_cells(group)] for cell, group in by_cell(records).items()]
        page.table([*CELL_TITLES, *SCORE_TITLES], rows)
        page.text(
            "WAE-MMD has no discriminator, so that its two rows are the same. The related methods "
            "have one seed.",
            *goal(by_cell(records)),
            "See also [averages of the weights](../averages/README.md).",
        )


CELL_TITLES = ("method", "weight", "learning rates of E, G, D")


class Cell(NamedTuple):
    """The settings that the seeds of some runs have in common."""

    method: str
    rates: str
    weight: float

    @property
    def texts(self) -> tuple[str, str, str]:
        """The texts of a table below `CELL_TITLES`."""
        return self.method, f"{self.weight:g}", RATES[self.rates].values

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that differ from the flagfile."""
        return (*RATES[self.rates].flags, f"--{weight_flag(self.method)}={self.weight:g}")


def by_cell(records: Sequence[Record]) -> dict[Cell, list[Record]]:
    """Returns the records of each cell."""
    cells: dict[Cell, list[Record]] = defaultdict(list)
    for record in records:
        facts = record.run.facts
        method = str(facts["method"])
        weight = float(facts.get("weight", BEST_WEIGHTS[method]))
        cells[Cell(method, str(facts["rates"]), weight)].append(record)
    return cells


def nearest(cells: Mapping[Cell, Sequence[Record]], methods: Sequence[str]) -> Cell | None:
    """Returns the cell of some methods with the lowest mean FLD, or None if they have none."""
    of_methods = [cell for cell in cells if cell.method in methods]
    return min(of_methods, key=lambda cell: mean_score(cells[cell], "fld"), default=None)


def best_reconstruction(
    cells: Mapping[Cell, Sequence[Record]], method: str, fld: float
) -> Cell | None:
    """Returns the cell of a method with the lowest mean SSE of those with a low enough mean FLD.

    If none has one, the cell with the lowest FLD; None if the method has no cell.
    """
    near = [
        cell for cell in cells if cell.method == method and mean_score(cells[cell], "fld") <= fld
    ]
    return min(
        near,
        key=lambda cell: mean_score(cells[cell], "reconstruction_sse"),
        default=nearest(cells, [method]),
    )


def goal(cells: Mapping[Cell, Sequence[Record]]) -> list[str]:
    """Returns how near the methods come to the goal of the trade-off."""
    parts = []
    adversarial = [method for method in METHODS if method != "wae_mmd"]
    for name, cell in (
        ("the lowest FLD of an adversarial method", nearest(cells, adversarial)),
        ("the FLD of WAE-MMD", best_reconstruction(cells, "wae_mmd", GOAL)),
    ):
        if cell is None:
            return []
        fld, sse = (score_cell(cells[cell], name) for name in ("fld", "reconstruction_sse"))
        parts.append(
            f"{name} is {fld} at an SSE of {sse} (`{cell.method}`, weight {cell.weight:g}, "
            f"learning rates {RATES[cell.rates].values})"
        )
    goal = "[The trade-off](../trade_off/README.md) has the goal of an FLD of at most 0.05 by an "
    goal += "adversarial method, at the reconstruction of WAE-MMD with such an FLD. Here "
    return [goal + ", and ".join(parts) + "."]


def run(
    method: str,
    rates: str,
    seed: int,
    weight: float | None = None,
    flags: Sequence[str] = (),
) -> Run:
    """Returns a run with the best weight of a method or another, and with further flags."""
    cell = Cell(method, rates, BEST_WEIGHTS[method] if weight is None else weight)
    facts = {"rates": rates} | ({} if weight is None else {"weight": weight})
    return small_run(method, seed, (*cell.flags, *flags), facts)


if __name__ == "__main__":
    program.run(Rates())
