"""Trains SVGD IVAAE with a hundredth of the paper's bandwidth and several weights, on MNIST.

python -m results.bandwidth
"""

import functools
from collections.abc import Sequence

from results import program
from results.fronts import COMPARISON_TITLES, WEIGHTS, add_fronts, comparison_cells
from results.mnist_runs import PROTOCOL, SCORES, small_run
from results.page import COMPARED, COMPARED_TITLES, SCORE_TITLES, Page, ratio, score_cells
from results.run import Record, Run, log_scores
from results.statistics import Interval
from results.trade_off.__main__ import SEEDS, TradeOff, by_cell, cells_of

_METHOD = "ivaae_svgd"
_BANDWIDTH = "--bandwidth_scale=1"


class Bandwidth(program.Study):
    """How SVGD compares with the bandwidth of the median heuristic."""

    name = "bandwidth"
    title = "SVGD with the bandwidth of the median heuristic on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [
            small_run(_METHOD, seed, [_BANDWIDTH, f"--latent_weight={weight}"], {"weight": weight})
            for seed in SEEDS
            for _, weight in cells_of({_METHOD: WEIGHTS[_METHOD]})
        ]

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds what the bandwidth changes, and the comparison with the other methods."""
        page.text(
            PROTOCOL,
            SCORES,
            "The kernel of SVGD is exp(−‖z − z'‖²/h). Liu and Wang (2016) have h₀ = med²/log m, "
            "with med the median distance of the m codes; the paper has 100 h₀, and so has "
            f"`ivaae_svgd`. Here it is h₀, `{_BANDWIDTH}`, with the weights, seeds and learning "
            "rates of [the trade-off](../trade_off/README.md). Mean ± standard deviation over "
            "seeds.",
        )
        cells = by_cell(records)
        rows = [[_weight(cell), *score_cells(cells[cell])] for cell in sorted(cells)]
        page.table(["weight", *SCORE_TITLES], rows)
        page.text(
            "## h₀ / 100 h₀",
            "At equal weight: the ratio of the geometric means over the seeds, with its 95 % "
            "interval by Welch's t-test.",
        )
        papers = by_cell(_trade_off())
        rows = [
            [_weight(cell), *_ratios_of_means(cells[cell], papers[cell])] for cell in sorted(cells)
        ]
        page.table(["weight", *COMPARED_TITLES], rows)
        _add_comparison(page, beside_others(records))


@functools.cache
def _trade_off() -> list[Record]:
    """Returns the records of the trade-off, read once for the page and all claims."""
    return TradeOff().records()


def beside_others(records: Sequence[Record]) -> list[Record]:
    """Returns the records of the trade-off, with these in place of the paper's SVGD."""
    others = [record for record in _trade_off() if record.fact("method") != _METHOD]
    return [*others, *records]


def _ratios_of_means(records: Sequence[Record], others: Sequence[Record]) -> list[str]:
    return [
        ratio(Interval.between(log_scores(records, name), log_scores(others, name)))
        for name in COMPARED
    ]


def _weight(cell: tuple[str, float]) -> str:
    return f"μ₂ = {cell[1]:g}"


def _add_comparison(page: Page, records: Sequence[Record]) -> None:
    page.text(
        "## Beside the other methods",
        "`ivaae_svgd` is that with h₀ here; the other methods' runs are those of the trade-off. "
        "The table has its FLD, divided by that of another method, as is explained there.",
    )
    add_fronts(page, "fronts", records, WEIGHTS)
    page.table(
        [f"{_METHOD} divided by", *COMPARISON_TITLES],
        [
            [other, *comparison_cells(records, _METHOD, other)]
            for other in WEIGHTS
            if other != _METHOD
        ],
    )


if __name__ == "__main__":
    program.run(Bandwidth())
