"""Trains block-wise IVAAE with the blocks in a random order, on MNIST.

python -m results.block_order
"""

from collections.abc import Iterator, Sequence

from results import figures, program
from results.fronts import WEIGHTS
from results.mnist_runs import small_run
from results.page import (
    COMPARED,
    COMPARED_TITLES,
    SCORE_TITLES,
    Page,
    score_cells,
    score_difference,
    score_ratio,
)
from results.run import Facts, Record, Run, log_scores
from results.statistics import Interval
from results.trade_off.__main__ import SEEDS, TradeOff

RANDOM, FIXED, RADIAL = "ivaae_blockwise_random", "ivaae_blockwise", "ivaae_radial"
_WEIGHT = 1.2
_FRESH_SEEDS = (3, 4, 5)
# Variant -> weights with fresh seeds, which did not suggest the comparison; the first decides.
_FRESH = {RANDOM: (1.2, 0.4), FIXED: (1.2, 0.4), RADIAL: (1.2, 0.4), "aae": (0.3, 1)}
# Added after the fresh seeds had been seen: they do not decide.
_MORE_SEEDS = (6, 7, 8)
_SECOND_LEVEL = 0.025  # half of 5 %, because it is the second look
_LATENT_DIMS = (32, 64)
_SSE = "reconstruction_sse"

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
        weights = sorted(WEIGHTS[FIXED], key=lambda weight: abs(weight - _WEIGHT))
        more = [_run(each, _WEIGHT, seed) for seed in _MORE_SEEDS for each in (RANDOM, FIXED)]
        runs = [
            *decisive,
            *more,
            *(_run(RANDOM, weight, seed) for weight in weights for seed in SEEDS),
        ]
        runs += others
        runs += [
            _run(variant, _WEIGHT, seed, latent_dim)
            for seed in SEEDS
            for latent_dim in _LATENT_DIMS
            for variant in (RANDOM, FIXED, RADIAL)
        ]
        return runs

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return (
            f"{_decision(records)} {_second_look(records)} With more dimensions, the ratio is "
            f"{_ratios_with_more_dimensions(records)} (three seeds)."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the decision, the comparisons at given weights, and the scores of all cells."""
        page.text(
            "The paper's block-wise intervention replaces the first k blocks of a code. Block b is "
            "then in b of the t rungs that the encoder's loss averages, so the first block is "
            "pulled at most a t-th as hard as the last. `--block_order=random` draws the order of "
            "the blocks for each batch; all else is equal.",
            "Seeds 0 to 2 of the other methods come from [the trade-off](../trade_off/README.md), "
            "and a pilot with them suggested the comparison; seeds 3 to 5 are fresh. The criterion "
            f"was written before the fresh seeds had been run: at a weight of {_WEIGHT:g}, the "
            "FLD's ratio to the fixed order is below 1, with its 95 % interval, and the SSE is not "
            "significantly higher.",
        )
        if all(_fresh(records, variant) for variant in _FRESH):
            page.text(f"**With fresh seeds:** {_decision(records)}")
        page.text(
            f"After that, seeds {_MORE_SEEDS[0]} to {_MORE_SEEDS[-1]} of both orders were added, "
            "for a second look at all six fresh seeds: by the same criterion, but with a p-value "
            f"of at most {_SECOND_LEVEL:g} for the FLD."
        )
        if all(_six(records, variant) for variant in (RANDOM, FIXED)):
            page.text(f"**Second look:** {_second_look(records)}")
        page.figure(
            "dots",
            _figure(records),
            "Down and left is better. A dot is a run; hollow: seeds 0 to 2, filled: fresh seeds.",
        )
        page.text(
            "## Random order / another method",
            "Ratios with d = 16; the SSE also as a difference. Only seeds that both have.",
        )
        page.table(
            ["weight", "beside", "its weight", "seeds", *COMPARED_TITLES, "SSE, difference"],
            _comparisons(records),
        )
        if rows := list(_with_more_dimensions(records)):
            page.text(
                "## More dimensions, random order / another method",
                f"With weights of {_WEIGHT:g} and seeds 0 to 2; codes cannot fill the prior.",
            )
            page.table(["d", "beside", *COMPARED_TITLES, "SSE, difference"], rows)
        page.text("## All scores")
        cells = dict.fromkeys(map(_cell, records))
        page.table(
            ["variant", "d", "weight", *SCORE_TITLES],
            [[*map(str, cell), *score_cells(_group(records, cell))] for cell in cells],
        )


def fresh(records: Sequence[Record]) -> list[Record]:
    """Returns the runs with fresh seeds and the weight of each method that decides, d = 16."""
    return [
        record
        for record in records
        if record.fact("seed") not in SEEDS
        if _cell(record) == (variant := record.fact("variant"), 16, _FRESH[variant][0])
    ]


def _verdict(random: Sequence[Record], fixed: Sequence[Record], level: float) -> str:
    """Returns whether two groups of seeds meet the criterion for the random order."""
    sses = ([record.score(_SSE).value for record in group] for group in (random, fixed))
    logs = Interval.between(log_scores(random, "fld"), log_scores(fixed, "fld"))
    is_met = logs.mean < 0 and logs.p <= level and not Interval.between(*sses).low > 0
    return f"the random order {'meets' if is_met else 'does not meet'} the criterion"


def _decision(records: Sequence[Record]) -> str:
    """Returns what the fresh seeds say at the weight that decides."""
    random = _fresh(records, RANDOM)
    texts = [
        f"{score_ratio(random, group, 'fld')} times the FLD of {name}, at an SSE that differs by "
        f"{score_difference(random, group, _SSE)}"
        for name, group in (
            ("the fixed order", _fresh(records, FIXED)),
            ("radial bridges", _fresh(records, RADIAL)),
            ("an AAE", _fresh(records, "aae")),
        )
    ]
    verdict = _verdict(random, _fresh(records, FIXED), level=0.05)
    return f"{verdict}. It has {'; '.join(texts)}."


def advice(records: Sequence[Record]) -> str:
    """Returns the reason for a random order of the blocks, in one paragraph."""
    random, fixed = _six(records, RANDOM), _six(records, FIXED)
    others = _ratios_with_more_dimensions(records)
    return (
        "For block-wise bridges, use `--block_order=random`: in the paper's order the first block "
        "is pulled at most a t-th as hard as the last. At the same weight, FLD is "
        f"{score_ratio(random, fixed, 'fld')} times the fixed order's, at an SSE that differs by "
        f"{score_difference(random, fixed, _SSE)} ([six fresh seeds]"
        "(../../results/block_order/README.md), the paper's learning rates; the first three alone "
        "did not decide). It is level with radial IVAAE in FLD, at an SSE that is lower by 1 of "
        f"45. That is with d = 16; the ratio is {others} (three seeds), where codes cannot fill "
        "the prior."
    )


def _second_look(records: Sequence[Record]) -> str:
    """Returns what six fresh seeds say."""
    random, fixed = _six(records, RANDOM), _six(records, FIXED)
    return (
        f"With six fresh seeds, {_verdict(random, fixed, _SECOND_LEVEL)}: it has "
        f"{score_ratio(random, fixed, 'fld')} times the FLD of the fixed order, at an SSE that "
        f"differs by {score_difference(random, fixed, _SSE)}."
    )


def _six(records: Sequence[Record], variant: str) -> list[Record]:
    """Returns the runs of the second look; empty if one is missing."""
    return _with_seeds(records, variant, (*_FRESH_SEEDS, *_MORE_SEEDS))


def _fresh(records: Sequence[Record], variant: str) -> list[Record]:
    """Returns the runs of a variant that decide; empty if one is missing."""
    return _with_seeds(records, variant, _FRESH_SEEDS)


def _with_seeds(records: Sequence[Record], variant: str, seeds: Sequence[int]) -> list[Record]:
    of_variant = [record for record in fresh(records) if record.fact("variant") == variant]
    found = [record for record in of_variant if record.fact("seed") in seeds]
    return found if len(found) == len(seeds) else []


def _comparisons(records: Sequence[Record]) -> Iterator[list[str]]:
    """Yields the rows of the random order beside others: at five weights, and then at two."""
    pairs = [(FIXED, weight, weight) for weight in WEIGHTS[FIXED]]
    pairs += [
        (other, weight, others)
        for other in (RADIAL, "aae")
        for weight, others in zip(_FRESH[RANDOM], _FRESH[other], strict=True)
    ]
    for other, weight, weight_of_other in pairs:
        drawn, beside = (
            {record.fact("seed"): record for record in _of_both(records, *cell)}
            for cell in ((RANDOM, weight), (other, weight_of_other))
        )
        for seeds in (SEEDS, _FRESH_SEEDS, _MORE_SEEDS):
            if both := [seed for seed in seeds if seed in drawn and seed in beside]:
                groups = [drawn[seed] for seed in both], [beside[seed] for seed in both]
                names = [f"{weight:g}", other, f"{weight_of_other:g}", ", ".join(map(str, both))]
                yield [*names, *_compared(*groups)]


def _compared(random: Sequence[Record], others: Sequence[Record]) -> list[str]:
    """Returns the ratios of all scores, and the difference of SSE."""
    ratios = [score_ratio(random, others, name) for name in COMPARED]
    return [*ratios, score_difference(random, others, _SSE)]


def _ratios_with_more_dimensions(records: Sequence[Record]) -> str:
    """Returns the FLD's ratio to the fixed order for each d above 16."""

    def fld_ratio(d: int) -> str:
        random, fixed = (_group(records, (each, d, _WEIGHT)) for each in (RANDOM, FIXED))
        return score_ratio(random, fixed, "fld")

    return " and ".join(f"{fld_ratio(d)} at d = {d}" for d in _LATENT_DIMS)


def _with_more_dimensions(records: Sequence[Record]) -> Iterator[list[str]]:
    """Yields the rows of the random order beside others, for each d above 16."""
    for d in _LATENT_DIMS:
        random = _group(records, (RANDOM, d, _WEIGHT))
        for other in (FIXED, RADIAL):
            if random and (group := _group(records, (other, d, _WEIGHT))):
                yield [str(d), other, *_compared(random, group)]


def _of_both(records: Sequence[Record], variant: str, weight: float) -> list[Record]:
    """Returns the runs of a variant with d = 16 and a weight, here and in the trade-off."""
    earlier = (
        record
        for record in program.records_of(TradeOff)
        if (record.fact("method"), record.fact("weight")) == (variant, weight)
    )
    return [*earlier, *_group(records, (variant, 16, weight))]


def _figure(records: Sequence[Record]) -> bytes:
    """Returns a figure of the runs with the weights that decide."""
    groups = {}
    for variant, (weight, _) in _FRESH.items():
        points: tuple[list, list] = ([], [])
        for record in _of_both(records, variant, weight):
            pair = tuple(record.score(name).value for name in (_SSE, "fld"))
            points[record.fact("seed") not in SEEDS].append(pair)
        groups[f"{variant}, μ₂ = {weight:g}"] = points
    return figures.dots(groups, "SSE", "FLD")


def _run(variant: str, weight: float, seed: int, latent_dim: int = 16) -> Run:
    method, is_random = variant.removesuffix("_random"), variant == RANDOM
    flags = [f"--latent_weight={weight:g}", *(["--block_order=random"] if is_random else [])]
    facts: Facts = {"variant": variant, "latent_dim": latent_dim, "weight": weight}
    return small_run(method, seed, [*flags, f"--latent_dim={latent_dim}"], facts)


def _cell(record: Record) -> Cell:
    return record.fact("variant"), record.fact("latent_dim"), record.fact("weight")


def _group(records: Sequence[Record], cell: Cell) -> list[Record]:
    return [record for record in records if _cell(record) == cell]


if __name__ == "__main__":
    program.run(BlockOrder())
