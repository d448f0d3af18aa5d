"""Questions to the records of a study, of which each claim asks one."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from results.averages.__main__ import SEEDS
from results.bridges.__main__ import probe_error
from results.collapse.__main__ import EPOCHS
from results.fronts import Comparison, compare_at_equal_sse, compare_lowest, points
from results.full_size.__main__ import BEST_WEIGHTS
from results.mnist_runs import RATES
from results.page import SCORES, number, ratio
from results.rates.__main__ import best_reconstruction, by_cell, nearest
from results.run import Facts, Record, log_scores
from results.stability.__main__ import LATENT_DIMS, PAPERS, curve
from results.verdicts import (
    FEWEST_SEEDS,
    NOT_RUN,
    Answer,
    Quantities,
    Quantity,
    Show,
    difference,
    judge,
    seeds_text,
    with_all_parts,
)

Question = Callable[[Sequence[Record]], Answer]
Compare = Callable[[Sequence[Record], str, str], Comparison | None]


def nearer_at_equal_sse(method: str, reference: str) -> Question:
    """Asks the trade-off whether codes are nearer to the prior at equal reconstruction error."""
    return _nearer(compare_at_equal_sse, method, reference)


def nearer_at_any_sse(method: str, reference: str) -> Question:
    """Asks the trade-off whether codes come nearer to the prior, whatever the reconstruction."""
    return _nearer(compare_lowest, method, reference)


def _nearer(compare: Compare, method: str, reference: str) -> Question:
    def answer(records: Sequence[Record]) -> Answer:
        found = compare(records, method, reference)
        if found is None:
            return NOT_RUN
        sse = f" at SSE {found.sse:.1f}" if np.isfinite(found.sse) else ""
        quantity = Quantity.between(found.logs, found.other_logs)
        return judge(f"FLD of {method} / {reference}{sse}", {"": quantity}, ratio)

    return answer


def lowest(score: str, method: str, reference: str) -> Question:
    """Asks the trade-off whether the lowest value of a score over the weights is lower."""

    def answer(records: Sequence[Record]) -> Answer:
        best = {
            each: [
                float(np.log(min(y for _, y in pairs)))
                for pairs in points(records, each, score).values()
            ]
            for each in (method, reference)
        }
        what = f"lowest {SCORES[score]} over the weights, {method} / {reference}"
        return judge(what, _compare({"": best}, method, reference), ratio)

    return answer


def lower_with_rates(score: str, method: str, reference: str) -> Question:
    """Asks a study of learning rates whether a score is lower, with each of its rates.

    With the best weight of each method, and with the same multiple of it.
    """

    def answer(records: Sequence[Record]) -> Answer:
        groups: dict[str, dict[str, list[float]]] = {}
        for cell, group in by_cell(records).items():
            times = f"{cell.weight / BEST_WEIGHTS[cell.method]:g}"
            label = f"rates {RATES[cell.rates].values}"
            label += "" if times == "1" else f", {times} times the weight"
            groups.setdefault(label, {})[cell.method] = log_scores(group, score)
        what = f"{SCORES[score]} of {method} / {reference}"
        return judge(what, _compare(groups, method, reference), ratio)

    return answer


def lower(
    score: str, method: str, reference: str, name: str = "method", where: Facts | None = None
) -> Question:
    """Asks a study whether a score is lower with one value of a fact than with another.

    Args:
        score: Name of the score.
        method: The value that is claimed to be better, such as a method.
        reference: The other value.
        name: Name of the fact.
        where: Facts that all compared runs have.
    """

    def answer(records: Sequence[Record]) -> Answer:
        groups = _by_fact(_with_facts(records, where or {}), name)
        logs = {each: log_scores(group, score) for each, group in groups.items()}
        what = f"{SCORES[score]} of {method} / {reference}"
        return judge(what, _compare({"": logs}, method, reference), ratio)

    return answer


def reaches(fld: float, method: str, reference: str) -> Question:
    """Asks the study of averages whether codes are near enough to the prior at a lower SSE.

    With the weight of the method that has the lowest FLD, and that of the reference that has the
    lowest SSE with a low enough FLD. As the method's weight is chosen by the first seeds, the
    others must agree where there are others.
    """

    def answer(records: Sequence[Record]) -> Answer:
        cells = by_cell(records)
        best, other = nearest(cells, [method]), best_reconstruction(cells, reference, fld)
        if best is None or other is None:
            return NOT_RUN
        fresh = [record for record in cells[best] if record.fact("seed") not in SEEDS]
        sse = [log_scores(cells[cell], "reconstruction_sse") for cell in (best, other)]
        quantities = {f"FLD / {fld:g}": _of_bound(cells[best], "fld", fld)}
        if fresh:
            seeds = ", ".join(str(record.fact("seed")) for record in fresh)
            quantities[f"of seeds {seeds}"] = _of_bound(fresh, "fld", fld)
        label = f"SSE / that of {reference} with weight {other.weight:g}"
        quantities[label] = Quantity.between(*sse)
        what = f"weight {best.weight:g}, rates {RATES[best.rates].values}"
        return judge(what, quantities, ratio, with_all_parts)

    return answer


def steadier(method: str, reference: str, table: str) -> Question:
    """Asks the study of stability whether a new D has a higher cross-entropy with a method."""

    def last(record: Record) -> float:
        return float(curve(record, "discriminator_cross_entropy", table)[1][-1])

    divided = " / log(t+1)" if table == PAPERS else " of two outputs / log 2"
    what = f"cross-entropy of D{divided} after 2,000 steps, {reference} − {method}"
    return _for_each_dimension(what, last, reference, method, difference)


def smaller_gradient(method: str, reference: str, is_weighted: bool) -> Question:
    """Asks the study of stability whether a trained D gives the encoder a smaller gradient.

    Args:
        method: Name of a method.
        reference: Name of another.
        is_weighted: Whether the gradient is multiplied by μ₂, as in training.
    """

    def last(record: Record) -> float:
        norm = curve(record, "encoder_gradient_norm")[1][-1]
        return float(
            np.log(norm * (record.outcome.settings["latent_weight"] if is_weighted else 1))
        )

    norm = "μ₂ × norm" if is_weighted else "norm"
    what = f"{norm} of the encoder's gradient after 2,000 steps, {method} / {reference}"
    return _for_each_dimension(what, last, method, reference, ratio)


def _for_each_dimension(
    what: str, value: Callable[[Record], float], first: str, second: str, show: Show
) -> Question:
    def answer(records: Sequence[Record]) -> Answer:
        groups = {
            f"d = {d}": _values(_with_facts(records, {"latent_dim": d}), "method", value)
            for d in LATENT_DIMS
        }
        return judge(what, _compare(groups, first, second), show)

    return answer


def better_features(method: str, reference: str) -> Question:
    """Asks the study of bridges whether a probe of the codes errs less."""

    def answer(records: Sequence[Record]) -> Answer:
        probed = [record for record in records if "probe" in record.outcome.tables]
        errors = _values(probed, "variant", probe_error)
        what = f"test error of the probe in points, {method} − {reference}"
        return judge(what, _compare({"": errors}, method, reference), difference)

    return answer


def survives(method: str, reference: str, d: int, schedule: str) -> Question:
    """Asks the study of collapse whether the reference fails, and a method does not.

    A method fails if its codes end with an FLD above d/2; codes that are all 0 have d. Each seed is
    judged by itself.
    """

    def answer(records: Sequence[Record]) -> Answer:
        groups = _by_fact(_with_facts(records, {"schedule": schedule, "latent_dim": d}), "method")
        if not {method, reference} <= groups.keys():
            return NOT_RUN
        flds = {
            each: np.array([record.score("fld").value for record in groups[each]])
            for each in (method, reference)
        }
        values = " and ".join(f"{number(each.mean(), 3)} ({name})" for name, each in flds.items())
        evidence = f"FLD after {EPOCHS} epochs: {values}, a failure above {d / 2:g}"
        parts = {_of_all(flds[method] <= d / 2), _of_all(flds[reference] > d / 2)}
        seeds = tuple(len(each) for each in flds.values())
        return Answer(with_all_parts(parts), f"{evidence}; {seeds_text(seeds)}")

    return answer


def _of_bound(records: Sequence[Record], score: str, bound: float) -> Quantity:
    return Quantity.of([log - float(np.log(bound)) for log in log_scores(records, score)])


def _of_all(holds: np.ndarray) -> str:
    """Returns the verdict on what holds, or does not, with each seed."""
    if len(holds) < FEWEST_SEEDS or holds.any() != holds.all():
        return "open"
    return "confirmed" if holds.all() else "refuted"


def _compare(
    groups: Mapping[str, Mapping[str, Sequence[float]]], first: str, second: str
) -> Quantities:
    """Returns condition -> difference of two groups, where both have been run."""
    return {
        label: Quantity.between(values[first], values[second])
        for label, values in groups.items()
        if len(values.get(first, ())) and len(values.get(second, ()))
    }


def _with_facts(records: Sequence[Record], facts: Facts) -> list[Record]:
    """Returns the records that have all of some facts."""
    return [
        record
        for record in records
        if all(record.run.facts.get(name) == value for name, value in facts.items())
    ]


def _by_fact(records: Sequence[Record], name: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.fact(name), []).append(record)
    return found


def _values(
    records: Sequence[Record], name: str, value: Callable[[Record], float]
) -> dict[str, list[float]]:
    """Returns a value of each record, by a fact."""
    return {fact: list(map(value, group)) for fact, group in _by_fact(records, name).items()}
