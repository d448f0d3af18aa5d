"""Compares methods over seeds, and evaluates each claim by p-values corrected for their number."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import scipy.stats

from results.claim_table import Claims, Source
from results.program import Study
from results.run import Record
from results.statistics import Interval

LEVEL = 0.05
FEWEST_SEEDS = 3

# Method or variant -> its name in texts; others are named already.
NAMES = {
    "ivaae_radial": "radial IVAAE",
    "ivaae_blockwise": "block-wise IVAAE",
    "ivaae_svgd": "SVGD IVAAE",
    "ivaae_blockwise_random": "block-wise IVAAE, `--block_order=random`",
    "ivaae_radial_d4": "radial IVAAE, D's learning rate × 4",
    "ivaae_radial_weight0.16_d4": "radial IVAAE with μ₂ = 0.16, D's learning rate × 4",
    "ivaae_radial_weight0.16_d4_fresh": "radial IVAAE, μ₂ = 0.16, D × 4, fresh seeds",
    "ivaae_radial_weight1.6_d4": "radial IVAAE with μ₂ = 1.6, D's learning rate × 4",
    "ivaae_radial_d10": "radial IVAAE, D's learning rate × 10",
    "aae": "AAE",
    "aae_d4": "AAE, D's learning rate × 4",
    "aae_weight0.1_d4": "AAE with μ₂ = 0.1, D's learning rate × 4",
    "aae_weight0.25_d4": "AAE with μ₂ = 0.25, D's learning rate × 4",
    "aae_weight0.25_d4_fresh": "AAE, μ₂ = 0.25, D × 4, fresh seeds",
    "aae_d10": "AAE, D's learning rate × 10",
    "wae_gan": "WAE-GAN",
    "wae_mmd": "WAE-MMD",
    "vae": "VAE",
    "ivaae_svgd_h1": "SVGD IVAAE, `--bandwidth_scale=1`",
    "radial_t4": "radial IVAAE with μ₂ = 4",
    "radial_t8": "radial IVAAE with μ₂ = 4, t = 8",
    "blockwise_random_t4": "block-wise IVAAE with μ₂ = 4, `--block_order=random`",
    "aae_weight2.5": "AAE with μ₂ = 2.5",
    "wae_mmd_weight1000": "WAE-MMD with μ₂ = 1,000",
    "ivaae_radial_confusion": "radial IVAAE, `--encoder_objective=confusion`",
    "ivaae_radial_minimax": "radial IVAAE, `--encoder_objective=minimax`",
}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A claim about two methods, and its quantity under one or several conditions.

    Attributes:
        claims: The claims that it is one of.
        method: The first method.
        reference: The second; "" if each value compares already.
        intervals: Condition -> difference of the methods; of logarithms for a ratio.
        seeds: Condition -> how many seeds each side has.
        adjusted_p: The largest p-value of its conditions, corrected for the number of claims; nan
            with fewer than three seeds.
    """

    claims: Claims
    method: str
    reference: str
    intervals: Mapping[str, Interval]
    seeds: Mapping[str, tuple[int, ...]]
    adjusted_p: float = np.nan

    @property
    def source(self) -> Source:
        """Whose claim it is, and in which direction."""
        return self.claims.source(self.method, self.reference)

    @property
    def label(self) -> str:
        """Both sides, such as "AAE / WAE-GAN"."""
        sides = [NAMES.get(each, each) for each in (self.method, self.reference) if each]
        return (" / " if self.claims.is_ratio else " − ").join(sides)

    @property
    def p(self) -> float:
        """The largest p-value, of the claim that all are on one side; 1 if they are not."""
        if min(map(min, self.seeds.values())) < FEWEST_SEEDS:
            return np.nan
        intervals = self.intervals.values()
        is_one_side = len({each.mean < 0 for each in intervals}) == 1
        return max(each.p for each in intervals) if is_one_side else 1.0

    @property
    def verdict(self) -> str:
        """The verdict: "confirmed", "refuted", "depends" on the conditions, or "open"."""
        intervals = self.intervals.values()
        is_lower = {each.mean < 0 for each in intervals if each.p <= LEVEL}
        if len(is_lower) == 2:
            return "depends"
        if not self.adjusted_p <= LEVEL:
            return "open"
        return "confirmed" if is_lower == {self.source.direction == "lower"} else "refuted"


def compare(
    table: Iterable[Claims], records: Mapping[type[Study], Sequence[Record]]
) -> list[Comparison]:
    """Returns the comparisons whose sides have been run, with corrected p-values.

    By Benjamini and Hochberg (1995): 5 % of the claims that are decided are expected to be wrong.
    """
    found = [each for claims in table for each in _of(claims, records[claims.study])]
    p = np.array([each.p for each in found])
    is_known = np.isfinite(p)
    p[is_known] = scipy.stats.false_discovery_control(p[is_known], method="bh")
    adjusted = zip(found, p.tolist(), strict=True)
    return [dataclasses.replace(each, adjusted_p=value) for each, value in adjusted]


def _of(claims: Claims, records: Sequence[Record]) -> list[Comparison]:
    intervals: dict[tuple[str, str], dict[str, Interval]] = defaultdict(dict)
    seeds: dict[tuple[str, str], dict[str, tuple[int, ...]]] = defaultdict(dict)
    for condition, values in claims.values(records).items():
        for pair in claims.pairs:
            sides = [values.get(each, ()) for each in pair if each]
            if all(map(len, sides)):
                test = Interval.between if len(sides) == 2 else Interval.of
                intervals[pair][condition] = test(*sides)
                seeds[pair][condition] = tuple(map(len, sides))
    return [
        Comparison(claims, *pair, intervals[pair], seeds[pair])
        for pair in claims.pairs
        if pair in intervals
    ]
