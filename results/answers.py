"""What the records of a study say of a claim: the quantity, its interval and a verdict.

A quantity has a value for each seed: a difference that the claim wants below 0, or the logarithm of
a ratio that it wants below 1.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from results.collapse.__main__ import EPOCHS
from results.mnist_runs import RATES
from results.page import SCORES, number
from results.rates.__main__ import by_cell, nearest
from results.run import Record
from results.stability.__main__ import LATENT_DIMS, PAPERS, curve
from results.statistics import Interval
from results.trade_off.__main__ import levels, log_ratios, points

FEWEST_SEEDS = 3


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the records say of a claim.

    Attributes:
        verdict: "confirmed", "refuted" or "open".
        evidence: The quantities with their intervals.
    """

    verdict: str
    evidence: str


Question = Callable[[Sequence[Record]], Answer]
Quantities = Mapping[str, Sequence[float]]  # under which condition -> values
Show = Callable[[float], str]


def more_regular(method: str, reference: str) -> Question:
    """Asks the trade-off whether codes are nearer to the prior at equal reconstruction error.

    At the lowest SSE that all methods reach, and where all have their lowest FLD.
    """

    def answer(records: Sequence[Record]) -> Answer:
        found = levels(records)
        ends = [found[0], found[-1]] if len(found) else []
        ratios = {
            f"at {level:.1f}": list(log_ratios(records, level, method, reference).values())
            for level in ends
        }
        return judge(f"FLD of {method} / {reference} at equal SSE", ratios, _ratio)

    return answer


def lowest(score: str, method: str, reference: str) -> Question:
    """Asks the trade-off whether the lowest value of a score over the weights is lower."""

    def answer(records: Sequence[Record]) -> Answer:
        best = {
            each: {
                seed: np.log(min(y for _, y in pairs))
                for seed, pairs in points(records, each, score).items()
            }
            for each in (method, reference)
        }
        what = f"lowest {SCORES[score]} over the weights, {method} / {reference}"
        return judge(what, {"": _paired(best, method, reference)}, _ratio)

    return answer


def lower_at_higher_rates(score: str, method: str, reference: str) -> Question:
    """Asks a study of higher learning rates whether a score is lower, at the best weights."""

    def answer(records: Sequence[Record]) -> Answer:
        at_best_weight = [record for record in records if "weight" not in record.run.facts]
        logs = _by_seed(
            at_best_weight,
            lambda record: (record.fact("method"), record.fact("rates")),
            lambda record: np.log(record.score(score).value),
        )
        found = {
            f"rates {values.values}": _paired(logs, (method, rates), (reference, rates))
            for rates, values in RATES.items()
            if any(cell[1] == rates for cell in logs)
        }
        return judge(f"{SCORES[score]} of {method} / {reference}", found, _ratio)

    return answer


def reaches(fld: float, method: str, reference: str) -> Question:
    """Asks the study of averages whether codes are near enough to the prior at an SSE as low.

    With the rates and the weight of each method that have the lowest FLD.
    """

    def answer(records: Sequence[Record]) -> Answer:
        cells = by_cell(records)
        best, other = (nearest(cells, [each]) for each in (method, reference))
        if best is None or other is None:
            return Answer("open", "not run yet")
        logs = {
            score: _by_seed(
                [*cells[best], *cells[other]],
                lambda record: record.fact("method"),
                lambda record, score=score: np.log(record.score(score).value),
            )
            for score in ("fld", "reconstruction_sse")
        }
        found = {
            f"FLD / {fld:g}": [log - np.log(fld) for log in logs["fld"][method].values()],
            f"SSE / {reference}'s": _paired(logs["reconstruction_sse"], method, reference),
        }
        what = f"rates {RATES[best.rates].values}, weight {best.weight:g}"
        return judge(what, found, _ratio)

    return answer


def steadier(method: str, reference: str, table: str) -> Question:
    """Asks the study of stability whether a new D wins less against the codes of a method."""

    def answer(records: Sequence[Record]) -> Answer:
        last = _by_seed(
            [record for record in records if table in record.outcome.tables],
            _method_and_dimension,
            lambda record: float(curve(record, "discriminator_cross_entropy", table)[1][-1]),
        )
        divided = " / log(t+1)" if table == PAPERS else " of two outputs / log 2"
        return judge(
            f"cross-entropy of D{divided} after 2,000 steps, {reference} − {method}",
            {f"d = {d}": _paired(last, (reference, d), (method, d)) for d in LATENT_DIMS},
            _difference,
        )

    return answer


def smaller_gradient(method: str, reference: str) -> Question:
    """Asks the study of stability whether a trained D gives the encoder a smaller gradient."""

    def answer(records: Sequence[Record]) -> Answer:
        logs = _by_seed(
            records,
            _method_and_dimension,
            lambda record: np.log(curve(record, "encoder_gradient_norm")[1][-1]),
        )
        return judge(
            f"norm of the encoder's gradient after 2,000 steps, {method} / {reference}",
            {f"d = {d}": _paired(logs, (method, d), (reference, d)) for d in LATENT_DIMS},
            _ratio,
        )

    return answer


def better_features(method: str, reference: str) -> Question:
    """Asks the study of bridges whether a probe of the codes errs less."""

    def answer(records: Sequence[Record]) -> Answer:
        errors = _by_seed(
            [record for record in records if "probe" in record.outcome.tables],
            lambda record: record.fact("variant"),
            lambda record: 100 * float(record.outcome.tables["probe"][-1]["test_error"]),
        )
        what = f"test error of the probe in points, {method} − {reference}"
        return judge(what, {"": _paired(errors, method, reference)}, _difference)

    return answer


def lower_fld(variant: str, reference: str) -> Question:
    """Asks the study of bridges whether a variant has the lower FLD."""

    def answer(records: Sequence[Record]) -> Answer:
        logs = _by_seed(
            records,
            lambda record: record.fact("variant"),
            lambda record: np.log(record.score("fld").value),
        )
        what = f"FLD of {variant} / {reference}"
        return judge(what, {"": _paired(logs, variant, reference)}, _ratio)

    return answer


def survives(method: str, reference: str, d: int, schedule: str) -> Question:
    """Asks the study of collapse whether the reference fails, and a method does not.

    A method fails if its codes end with an FLD above d/2; codes that are all 0 have d.
    """

    def answer(records: Sequence[Record]) -> Answer:
        flds = _by_seed(
            [record for record in records if record.fact("schedule") == schedule],
            _method_and_dimension,
            lambda record: record.score("fld").value / d,
        )
        ends = [flds.get((each, d), {}) for each in (method, reference)]
        seeds = sorted(ends[0].keys() & ends[1].keys())
        if not seeds:
            return Answer("open", "not run yet")
        values = [
            f"{number(d * float(np.mean([end[seed] for seed in seeds])), 3)} ({name})"
            for name, end in zip((method, reference), ends, strict=True)
        ]
        what = f"FLD after {EPOCHS} epochs, {schedule} rates: {', '.join(values)}"
        holds = [ends[0][seed] <= 0.5 < ends[1][seed] for seed in seeds]
        verdict = "open"
        if len(seeds) >= FEWEST_SEEDS and len(set(holds)) == 1:
            verdict = "confirmed" if holds[0] else "refuted"
        return Answer(verdict, f"{what}; {_seeds(len(seeds))}")

    return answer


def judge(what: str, quantities: Quantities, show: Show) -> Answer:
    """Judges quantities, which must all be on one side."""
    if not any(map(len, quantities.values())):
        return Answer("open", "not run yet")
    verdicts = {_verdict(values) for values in quantities.values()}
    verdict = verdicts.pop() if len(verdicts) == 1 else "open"
    parts = [
        f"{label}: {_interval(values, show)}".lstrip(": ") for label, values in quantities.items()
    ]
    seeds = _seeds(min(map(len, quantities.values())))
    return Answer(verdict, f"{what}: {'; '.join(parts)}; {seeds}")


def _verdict(values: Sequence[float]) -> str:
    if len(values) < FEWEST_SEEDS:
        return "open"
    found = Interval.of(values)
    if found.high < 0:
        return "confirmed"
    return "refuted" if found.low > 0 else "open"


def _interval(values: Sequence[float], show: Show) -> str:
    if not len(values):
        return "not run yet"
    mean, low, high = Interval.of(values)
    return f"{show(mean)} [{show(low)}, {show(high)}]" if np.isfinite(low) else show(mean)


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"{count} seeds"


def _ratio(log: float) -> str:
    return number(float(np.exp(log)), 3)


def _difference(value: float) -> str:
    return ("−" if value < 0 else "+") + number(abs(value), 3)


def _method_and_dimension(record: Record) -> tuple[str, int]:
    return record.fact("method"), record.fact("latent_dim")


def _by_seed(records: Sequence[Record], group: Callable, value: Callable) -> Mapping:
    """Returns group -> seed -> value."""
    found: dict = {}
    for record in records:
        found.setdefault(group(record), {})[record.fact("seed")] = value(record)
    return found


def _paired(values: Mapping, first, second) -> list[float]:
    """Returns the differences of two groups, for each seed that both have."""
    a, b = values.get(first, {}), values.get(second, {})
    return [a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())]
