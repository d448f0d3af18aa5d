"""Trains small models with codes of 32, 64 and 128 dimensions, on MNIST.

python -m results.latent_dim
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from results import program
from results.averages.__main__ import EMA_DECAY
from results.mnist_runs import LearningRates, small_run
from results.page import (
    SCORE_TITLES,
    Page,
    ratio,
    score_cells,
    score_difference,
    spread,
)
from results.run import Facts, Record, Run, log_scores
from results.statistics import Interval

SEEDS = (0, 1, 2)
LATENT_DIMS = (64, 128, 32)  # the most informative first
_SLOW, _FAST = "2e-4", "1e-3"  # learning rates of D
_OTHER_RATES = ("6e-4", "2e-3")


class Variant(NamedTuple):
    """A method, its weight and further flags of its training."""

    method: str
    weight: float
    flags: tuple[str, ...] = ()


VARIANTS = {
    "radial_t4": Variant("ivaae_radial", 4),
    "radial_t8": Variant("ivaae_radial", 4, ("--num_bridges=8",)),
    "aae_weight2.5": Variant("aae", 2.5),
    "blockwise_random_t4": Variant("ivaae_blockwise", 4, ("--block_order=random",)),
    "wae_mmd_weight1000": Variant("wae_mmd", 1000),
    "wae_mmd_weight100": Variant("wae_mmd", 100),
    "aae_weight1": Variant("aae", 1),
}
_AT_ALL_RATES = ("radial_t4", "aae_weight2.5")

# Pairs whose first one has the lower FLD where codes cannot fill the prior, with truth known.
PREDICTED = (
    ("radial_t4", "aae_weight2.5"),
    ("radial_t8", "radial_t4"),
    ("blockwise_random_t4", "aae_weight2.5"),
    ("wae_mmd_weight1000", "aae_weight2.5"),
)

Cell = tuple[str, int, str]  # variant, d and learning rate of D


class LatentDim(program.Study):
    """Whether bridges help with more dimensions than the digits need."""

    name = "latent_dim"
    title = "Codes of 32, 64 and 128 dimensions on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs by d, those with the faster discriminator first."""
        cells = [
            (name, d, rate)
            for rate in (_FAST, _SLOW)
            for d in LATENT_DIMS
            for name in VARIANTS
            if rate == _FAST or VARIANTS[name].method != "wae_mmd"  # which has no D
        ]
        cells += [
            (name, d, rate)
            for d in LATENT_DIMS[:2]
            for rate in _OTHER_RATES
            for name in _AT_ALL_RATES
        ]
        groups = itertools.groupby(cells, key=lambda cell: cell[1:])
        blocks = [list(group) for _, group in groups]
        return [_run(*cell, seed) for block in blocks for seed in SEEDS for cell in block]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        verdicts = [row[-1] for row in _prediction(records)]
        counts = {each: verdicts.count(each) for each in ("confirmed", "refuted", "open")}
        return (
            f"of the {len(verdicts)} predictions of [the synthetic benchmark]"
            f"(../synthetic/README.md), {counts['confirmed']} are confirmed on MNIST, "
            f"{counts['refuted']} are refuted, and {counts['open']} are open."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the prediction, and the scores of all cells by d."""
        page.text(
            "With more dimensions than the data need, codes cannot fill the prior. There, [where "
            "the truth is known](../synthetic/README.md), radial bridges end closer to it than an "
            "AAE, and more bridges closer still. This study repeats the comparison on digits.",
            f"Learning rates of E and G are 5e-4 and 1e-3, D's is {_FAST} unless a table gives "
            f"another, and the scored weights are averages (`{EMA_DECAY}`). Weights are 4 for "
            "bridges; for the AAE 1, and 2.5, which [pulls distant codes as hard]"
            "(../overlap/README.md#the-encoders-gradient) as four radial bridges with 4. Scores "
            "are computed after 5, 10, 15 and 20 epochs; *last / lowest* is the FLD of the last "
            "epoch divided by the lowest of the four.",
            "## Prediction",
            "At D's faster learning rate, as in the benchmark's main table, the first has the "
            "lower FLD. Confirmed if the 95 % interval of the ratio is below 1, and refuted if it "
            "is above. Written before any of these runs.",
        )
        page.table(
            ["d", "first / second", "FLD", "SSE, difference", "verdict"], _prediction(records)
        )
        for d in sorted(LATENT_DIMS):
            cells = dict.fromkeys(_cell(record) for record in records if _cell(record)[1] == d)
            if cells:
                page.text(f"## d = {d}")
                page.table(
                    ["variant", "D's learning rate", *SCORE_TITLES, "last / lowest"],
                    [_row(cell, _group(records, cell)) for cell in cells],
                )


def _prediction(records: Sequence[Record]) -> list[list[str]]:
    rows = []
    of_all = cells_by_dimension(records).items()
    for (d, groups), (first, second) in itertools.product(of_all, PREDICTED):
        group, other = groups[first], groups[second]
        if group and other:
            logs = Interval.between(log_scores(group, "fld"), log_scores(other, "fld"))
            sse = score_difference(group, other, "reconstruction_sse")
            rows.append([str(d), f"{first} / {second}", ratio(logs), sse, _verdict(logs)])
    return rows


def cells_by_dimension(records: Sequence[Record]) -> dict[int, dict[str, list[Record]]]:
    """Returns d -> variant -> its runs with the faster discriminator, of the predictions."""
    found = {
        d: {name: _group(records, (name, d, _FAST)) for name in VARIANTS} for d in LATENT_DIMS[:2]
    }
    return {d: groups for d, groups in found.items() if any(groups.values())}


def _verdict(logs: Interval) -> str:
    if logs.high < 0:
        return "confirmed"
    return "refuted" if logs.low > 0 else "open"


def _row(cell: Cell, group: Sequence[Record]) -> list[str]:
    name, _, rate = cell
    has_discriminator = VARIANTS[name].method != "wae_mmd"
    drifts = [flds[-1] / min(flds) for flds in map(_flds, group)]
    return [name, rate if has_discriminator else "–", *score_cells(group), spread(drifts, 3)]


def _flds(record: Record) -> list[float]:
    """Returns the FLD after each of the scored epochs."""
    return [score.value for score in record.outcome.scores if score.name == "fld"]


def _run(name: str, d: int, rate: str, seed: int) -> Run:
    variant = VARIANTS[name]
    facts: Facts = {"variant": name, "latent_dim": d, "discriminator_rate": rate}
    flags = (
        *LearningRates("5e-4", "1e-3", rate).flags,
        *(f"--latent_dim={d}", f"--latent_weight={variant.weight:g}", EMA_DECAY),
        *("--evaluate_every=5", "--num_samples=10000", *variant.flags),
    )
    return small_run(variant.method, seed, flags, facts, evaluate=None)


def _cell(record: Record) -> Cell:
    names = ("variant", "latent_dim", "discriminator_rate")
    variant, d, rate = (record.fact(name) for name in names)
    return variant, d, rate


def _group(records: Sequence[Record], cell: Cell) -> list[Record]:
    return [record for record in records if _cell(record) == cell]


if __name__ == "__main__":
    program.run(LatentDim())
