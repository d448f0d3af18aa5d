"""Reconstruction against FLD: the fronts of methods over their weights, and how they compare."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from results import figures
from results.page import Page, difference, ratio
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


def log_flds(records: Sequence[Record], method: str, sse: float) -> list[float]:
    """Returns the logarithm of the lowest FLD of each seed at an SSE of at most `sse`.

    Empty if the front of a seed begins after that.
    """
    found = [np.log(front_at(front, np.array([sse]))[0]) for front in _fronts(records, method)]
    return _of_all_seeds(found)


def lowest_sses(records: Sequence[Record], method: str, fld: float) -> list[float]:
    """Returns the lowest SSE of each seed at an FLD of at most `fld`, on the lines of its front.

    Empty if a seed does not reach that FLD.
    """
    found = []
    for front in _fronts(records, method):
        sses, flds = np.array(front)[::-1].T
        found.append(np.interp(np.log(fld), np.log(flds), sses, left=np.nan))
    return _of_all_seeds(found)


def _of_all_seeds(values: Sequence[float]) -> list[float]:
    return list(map(float, values)) if np.isfinite(values).all() else []


def _fronts(records: Sequence[Record], method: str) -> list[list[tuple[float, float]]]:
    return [pareto_front(pairs) for pairs in points(records, method, "fld").values()]


SSES = (44, 44.4, 44.8, 45.2, 46, 47, 48, 50, 54, np.inf)
FLDS = (0.3, 0.25, 0.2)


def sse_title(sse: float) -> str:
    """Returns the condition that the SSE is at most `sse`."""
    return f"SSE ≤ {sse:g}" if np.isfinite(sse) else "any SSE"


def add_comparison(page: Page, records: Sequence[Record], pairs: Iterable[tuple[str, str]]) -> None:
    """Adds tables of FLD ratios at equal SSE, and of SSE differences at equal FLD."""
    by_sse, by_fld = [], []
    for method, other in pairs:
        name = f"{method} / {other}"
        logs = [(log_flds(records, method, x), log_flds(records, other, x)) for x in SSES]
        by_sse.append(
            [name, *(ratio(Interval.between(*each)) if all(each) else "–" for each in logs)]
        )
        name = f"{method} − {other}"
        sses = [(lowest_sses(records, method, x), lowest_sses(records, other, x)) for x in FLDS]
        by_fld.append(
            [name, *(difference(Interval.between(*each)) if all(each) else "–" for each in sses)]
        )
    page.text(
        "FLD at equal SSE, as a ratio: below 1, codes of the first method are closer to the prior."
    )
    page.table(["", *map(sse_title, SSES)], by_sse)
    page.text("SSE at equal FLD, as a difference: below 0, the first method reconstructs better.")
    page.table(
        ["", *(f"FLD ≤ {fld:g}" for fld in FLDS)], [row for row in by_fld if set(row[1:]) != {"–"}]
    )


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
