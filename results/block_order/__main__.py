"""Trains block-wise IVAAE with the blocks in a random order, on MNIST.

python -m results.block_order
"""

from collections.abc import Sequence

from results import program
from results.fronts import WEIGHTS
from results.mnist_runs import PROTOCOL, SCORES, small_run
from results.page import SCORE_TITLES, Page, score_cells
from results.run import Record, Run
from results.trade_off.__main__ import SEEDS

RANDOM = "ivaae_blockwise_random"
_FRESH_SEEDS = (3, 4, 5)
# Variant -> weights with fresh seeds, which did not suggest the comparison.
_FRESH = {
    RANDOM: (1.2, 0.4),
    "ivaae_blockwise": (1.2, 0.4),
    "ivaae_radial": (1.2, 0.4),
    "aae": (0.3, 1),
}
_LATENT_DIMS = (32, 64)


class BlockOrder(program.Study):
    """How a random order of the blocks compares with the fixed one."""

    name = "block_order"
    title = "Block-wise IVAAE with the blocks in a random order"

    def runs(self) -> list[Run]:
        """Returns the runs, those with the seeds of the trade-off first."""
        weights = sorted(WEIGHTS["ivaae_blockwise"], key=lambda weight: abs(weight - 1.2))
        runs = [_run(RANDOM, weight, seed) for weight in weights for seed in SEEDS]
        runs += [
            _run(variant, weight, seed)
            for seed in _FRESH_SEEDS
            for index in range(2)
            for variant, weight in ((each, _FRESH[each][index]) for each in _FRESH)
        ]
        runs += [
            _run(variant, 1.2, seed, latent_dim)
            for seed in SEEDS
            for latent_dim in _LATENT_DIMS
            for variant in (RANDOM, "ivaae_blockwise", "ivaae_radial")
        ]
        return runs

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the scores of all cells."""
        page.text(PROTOCOL, SCORES)
        cells = dict.fromkeys(map(_cell, records))
        page.table(
            ["variant", "d", "weight", *SCORE_TITLES],
            [
                [*map(str, cell), *score_cells([each for each in records if _cell(each) == cell])]
                for cell in cells
            ],
        )


def _run(variant: str, weight: float, seed: int, latent_dim: int = 16) -> Run:
    method, is_random = variant.removesuffix("_random"), variant == RANDOM
    flags = [f"--latent_weight={weight:g}", *(["--block_order=random"] if is_random else [])]
    facts = {"variant": variant, "latent_dim": latent_dim, "weight": weight}
    return small_run(method, seed, [*flags, f"--latent_dim={latent_dim}"], facts)


def _cell(record: Record) -> tuple[str, int, float]:
    return record.fact("variant"), record.fact("latent_dim"), record.fact("weight")


if __name__ == "__main__":
    program.run(BlockOrder())
