"""Trains radial IVAAE with reversed labels as the encoder's objective, on MNIST.

python -m results.objectives
"""

from collections.abc import Sequence

import numpy as np

from results import program
from results.fronts import FLDS, SSES, log_flds, lowest_sses, sse_title
from results.mnist_runs import small_run
from results.page import SCORE_TITLES, Page, difference, ratio, score_cells
from results.run import Record, Run
from results.statistics import Interval
from results.trade_off.__main__ import TradeOff

SEEDS = (0, 1, 2)
METHOD = "ivaae_radial"
_WEIGHTS = (1.2, 4, 0.4, 12, 0.12)  # as many as the trade-off has; the most informative first


class Objectives(program.Study):
    """Reversed labels beside labels of the prior."""

    name = "objectives"
    title = "Reversed labels as the encoder's objective on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [_run(weight, seed) for seed in SEEDS for weight in _WEIGHTS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return (
            "radial IVAAE trains with reversed labels. At an SSE of at most 46, its FLD is "
            f"{_fld_ratio(records, 46)} times the FLD with labels of the prior, and the lowest of "
            f"five weights is {_fld_ratio(records, np.inf)} times that."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the comparisons at equal SSE and at equal FLD, and all weights."""
        page.text(
            "An AAE's encoder has the discriminator take its codes for samples of the prior. There "
            "are two exact generalizations to t + 1 rungs: every rung is labeled as prior "
            "(`--encoder_objective=prior`, the default), or the labels are reversed, so that rung "
            "k is labeled t − k (`reversed`). Both are the AAE for t = 1. Reversed labels pull "
            "less, so this study has higher weights than [the trade-off](../trade_off/README.md), "
            "from which `prior` comes.",
        )
        if log_flds(records, METHOD, np.inf):
            page.text(
                "## Reversed / prior",
                "FLD at equal SSE, as a ratio, and SSE at equal FLD, as a difference.",
            )
            page.table(list(map(sse_title, SSES)), [[_fld_ratio(records, x) for x in SSES]])
            titles = [f"FLD ≤ {fld:g}" for fld in FLDS]
            page.table(titles, [[_sse_difference(records, x) for x in FLDS]])
        page.text("## All weights", "Mean ± standard deviation over seeds.")
        rows = [
            [objective, f"{weight:g}", *score_cells(group)]
            for objective, of_objective in (("reversed", records), ("prior", _prior()))
            for weight in sorted({record.fact("weight") for record in of_objective})
            if (group := [each for each in of_objective if each.fact("weight") == weight])
        ]
        page.table(["objective", "weight", *SCORE_TITLES], rows)


def _prior() -> list[Record]:
    records = program.records_of(TradeOff)
    return [record for record in records if record.fact("method") == METHOD]


def _fld_ratio(records: Sequence[Record], sse: float) -> str:
    pair = [log_flds(each, METHOD, sse) for each in (records, _prior())]
    return ratio(Interval.between(*pair)) if all(pair) else "–"


def _sse_difference(records: Sequence[Record], fld: float) -> str:
    pair = [lowest_sses(each, METHOD, fld) for each in (records, _prior())]
    return difference(Interval.between(*pair)) if all(pair) else "–"


def _run(weight: float, seed: int) -> Run:
    flags = [f"--latent_weight={weight:g}", "--encoder_objective=reversed"]
    return small_run(METHOD, seed, flags, {"objective": "reversed", "weight": weight})


if __name__ == "__main__":
    program.run(Objectives())
