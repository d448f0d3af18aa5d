"""Trains block-wise IVAAE with the blocks in a random order, on MNIST.

python -m results.block_order
"""

from collections.abc import Sequence

from results import program
from results.fronts import WEIGHTS
from results.mnist_runs import small_run
from results.page import (
    COMPARED,
    COMPARED_TITLES,
    SCORE_TITLES,
    Page,
    difference,
    ratio,
    score_cells,
)
from results.run import Facts, Record, Run, log_scores
from results.statistics import Interval
from results.trade_off.__main__ import SEEDS, TradeOff

RANDOM = "ivaae_blockwise_random"
_WEIGHT = 1.2
_FRESH_SEEDS = (3, 4, 5)
# Variant -> weights with fresh seeds, which did not suggest the comparison.
_FRESH = {
    RANDOM: (1.2, 0.4),
    "ivaae_blockwise": (1.2, 0.4),
    "ivaae_radial": (1.2, 0.4),
    "aae": (0.3, 1),
}
_LATENT_DIMS = (32, 64)

Cell = tuple[str, int, float]  # variant, d and weight


class BlockOrder(program.Study):
    """A comparison of a random order of the blocks with the fixed one."""

    name = "block_order"
    title = "Block-wise IVAAE with the blocks in a random order"

    def runs(self) -> list[Run]:
        """Returns the runs, those that decide first: fresh seeds, one weight of each method."""
        decisive, others = (
            [_run(each, _FRESH[each][index], seed) for seed in _FRESH_SEEDS for each in _FRESH]
            for index in range(2)
        )
        weights = sorted(WEIGHTS["ivaae_blockwise"], key=lambda weight: abs(weight - _WEIGHT))
        runs = [*decisive, *(_run(RANDOM, weight, seed) for weight in weights for seed in SEEDS)]
        runs += others
        runs += [
            _run(variant, _WEIGHT, seed, latent_dim)
            for seed in SEEDS
            for latent_dim in _LATENT_DIMS
            for variant in (RANDOM, "ivaae_blockwise", "ivaae_radial")
        ]
        return runs

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        random, fixed = (
            _of_seeds(_group(records, (variant, 16, _WEIGHT)), _FRESH_SEEDS)
            for variant in (RANDOM, "ivaae_blockwise")
        )
        return (
            f"with fresh seeds and a weight of {_WEIGHT:g}, the random order has "
            f"{_ratio(random, fixed, 'fld')} times the FLD of the fixed order, and an SSE that "
            f"differs by {_difference(random, fixed)}."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the comparisons at equal weights, and the scores of all cells."""
        page.text(
            "The paper's block-wise intervention replaces the first k blocks of a code. Block b is "
            "then in b of the t rungs that the encoder's loss averages, so the first block is "
            "pulled a t-th as hard as the last. `--block_order=random` draws the order of the "
            "blocks for each batch; all else is equal.",
            "## Random order / fixed order",
            "Ratios at equal weight, d = 16; the SSE also as a difference. Seeds 0 to 2 of the "
            "fixed order come from [the trade-off](../trade_off/README.md), and a pilot with them "
            "suggested the comparison; seeds 3 to 5 are fresh.",
        )
        trade_off = [
            record
            for record in program.records_of(TradeOff)
            if record.fact("method") == "ivaae_blockwise"
        ]
        rows = []
        for weight in WEIGHTS["ivaae_blockwise"]:
            random = _group(records, (RANDOM, 16, weight))
            published = [record for record in trade_off if record.fact("weight") == weight]
            fresh = _of_seeds(_group(records, ("ivaae_blockwise", 16, weight)), _FRESH_SEEDS)
            for seeds, fixed in ((SEEDS, published), (_FRESH_SEEDS, fresh)):
                if (drawn := _of_seeds(random, seeds)) and fixed:
                    ratios = [_ratio(drawn, fixed, name) for name in COMPARED]
                    name = f"{seeds[0]} to {seeds[-1]}"
                    rows.append([f"{weight:g}", name, *ratios, _difference(drawn, fixed)])
        page.table(["weight", "seeds", *COMPARED_TITLES, "SSE, difference"], rows)
        page.text("## All scores")
        cells = dict.fromkeys(map(_cell, records))
        page.table(
            ["variant", "d", "weight", *SCORE_TITLES],
            [[*map(str, cell), *score_cells(_group(records, cell))] for cell in cells],
        )


def _run(variant: str, weight: float, seed: int, latent_dim: int = 16) -> Run:
    method, is_random = variant.removesuffix("_random"), variant == RANDOM
    flags = [f"--latent_weight={weight:g}", *(["--block_order=random"] if is_random else [])]
    facts: Facts = {"variant": variant, "latent_dim": latent_dim, "weight": weight}
    return small_run(method, seed, [*flags, f"--latent_dim={latent_dim}"], facts)


def _cell(record: Record) -> Cell:
    return record.fact("variant"), record.fact("latent_dim"), record.fact("weight")


def _group(records: Sequence[Record], cell: Cell) -> list[Record]:
    return [record for record in records if _cell(record) == cell]


def _of_seeds(records: Sequence[Record], seeds: Sequence[int]) -> list[Record]:
    return [record for record in records if record.fact("seed") in seeds]


def _ratio(records: Sequence[Record], others: Sequence[Record], name: str) -> str:
    return ratio(Interval.between(log_scores(records, name), log_scores(others, name)))


def _difference(records: Sequence[Record], others: Sequence[Record]) -> str:
    sses = [
        [record.score("reconstruction_sse").value for record in group]
        for group in (records, others)
    ]
    return difference(Interval.between(*sses))


if __name__ == "__main__":
    program.run(BlockOrder())
