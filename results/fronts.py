"""Reconstruction against FLD: the fronts of methods over their weights, and how they compare."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from results import figures
from results.page import Page, ratio
from results.run import Record
from results.statistics import Interval, front_at, pareto_front

_BRIDGED = (0.04, 0.12, 0.4, 1.2, 4)
_TWO_CLASSES = (0.1, 0.3, 1, 3, 10)
# Method -> its weights over two decades, the default in the middle.
WEIGHTS = {
    "ivaae_radial": _BRIDGED,
    "ivaae_blockwise": _BRIDGED,
    "ivaae_svgd": _BRIDGED,
    "aae": _TWO_CLASSES,
    "wae_gan": _TWO_CLASSES,
    "wae_mmd": (1, 3, 10, 30, 100),
}
RELATED_WEIGHTS = {
    "vae": (0.04, 0.4, 4),
    "infovae": (1, 10, 100),
    "two_stage_vae": (0.1, 1, 10),
    "rae_l2": (0.001, 0.01, 0.1),
    "rae_gp": (0.001, 0.01, 0.1),
    "rae_sn": (0.0001, 0.001, 0.01),
}


def weights_of(method: str) -> Sequence[float]:
    """Returns the weights of a method."""
    return WEIGHTS.get(method) or RELATED_WEIGHTS[method]


def points(records: Sequence[Record], method: str, y: str) -> dict[int, list[tuple[float, float]]]:
    """Returns seed -> (SSE, a score) of all weights of a method, if the seed has all of them."""
    of_seed: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for record in records:
        if record.fact("method") == method:
            pair = record.score("reconstruction_sse").value, record.score(y).value
            of_seed[record.fact("seed")].append(pair)
    return {seed: pairs for seed, pairs in of_seed.items() if len(pairs) == len(weights_of(method))}


class Comparison(NamedTuple):
    """The logarithms of the FLDs of two methods, by seed, at some SSE.

    Attributes:
        sse: The SSE; infinite if it may be any.
        logs: Those of a method.
        other_logs: Those of the other.
    """

    sse: float
    logs: list[float]
    other_logs: list[float]

    @property
    def log_ratio(self) -> Interval:
        """The logarithm of the FLD of the method, divided by that of the other."""
        return Interval.between(self.logs, self.other_logs)


def compare_at_equal_sse(records: Sequence[Record], method: str, other: str) -> Comparison | None:
    """Compares two methods in the middle of the SSEs that the fronts of all seeds have in common.

    If there are none, where the later one begins; None if a method has not been run.
    """
    fronts = [front for each in (method, other) for front in _fronts(records, each)]
    if not fronts:
        return None
    begin, end = max(front[0][0] for front in fronts), min(front[-1][0] for front in fronts)
    return _compare(records, method, other, max(begin, (begin + end) / 2))


def compare_lowest(records: Sequence[Record], method: str, other: str) -> Comparison | None:
    """Compares the lowest FLDs of two methods; None if one has not been run."""
    return _compare(records, method, other, np.inf)


def _compare(records: Sequence[Record], method: str, other: str, sse: float) -> Comparison | None:
    logs = [
        [float(np.log(front_at(front, np.array([sse])))[0]) for front in _fronts(records, each)]
        for each in (method, other)
    ]
    return Comparison(sse, *logs) if all(logs) else None


def _fronts(records: Sequence[Record], method: str) -> list[list[tuple[float, float]]]:
    return [pareto_front(pairs) for pairs in points(records, method, "fld").values()]


COMPARISON_TITLES = ("at the same SSE", "lowest FLD at any SSE")


def comparison_cells(records: Sequence[Record], method: str, other: str) -> list[str]:
    """Returns the cells under `COMPARISON_TITLES`."""
    at_equal_sse = compare_at_equal_sse(records, method, other)
    lowest = compare_lowest(records, method, other)
    if at_equal_sse is None or lowest is None:
        return ["–", "–"]
    return [
        f"{ratio(at_equal_sse.log_ratio)} at {at_equal_sse.sse:.1f}",
        ratio(lowest.log_ratio),
    ]


def add_fronts(page: Page, name: str, records: Sequence[Record], methods: Iterable[str]) -> None:
    """Adds a figure of the fronts of those methods that have a seed with all of their weights."""
    panels = {}
    for score, label in (("fld", "FLD"), ("frechet_classifier", "Fréchet distance")):
        drawn = {method: list(points(records, method, score).values()) for method in methods}
        panels[label] = {method: seeds for method, seeds in drawn.items() if seeds}
    if all(panels.values()):
        caption = "Down and left is better. A dot is a run, and a line a Pareto front."
        if any(len(seeds) > 1 for seeds in panels["FLD"].values()):
            caption += " Of several seeds it is the mean, with their range as a band, from where "
            caption += "all their fronts have begun to where the last one ends."
        page.figure(name, figures.trade_off(panels, "SSE"), caption)
