"""What the records of a study say of a claim: the quantity, its interval and a verdict."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from results.collapse.__main__ import EPOCHS
from results.page import number
from results.run import Record
from results.stability.__main__ import curve
from results.statistics import Interval
from results.trade_off.__main__ import levels, log_ratios, points


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the records say of a claim.

    Attributes:
        verdict: "confirmed", "refuted" or "open".
        evidence: The quantity with its interval.
    """

    verdict: str
    evidence: str


Question = Callable[[Sequence[Record]], Answer]


def more_regular(method: str, reference: str) -> Question:
    """Asks the trade-off whether codes are nearer to the prior at equal reconstruction error."""

    def answer(records: Sequence[Record]) -> Answer:
        each = [log_ratios(records, level, method, reference) for level in levels(records)]
        seeds = set.intersection(*map(set, each)) if each else set()
        logs = [float(np.mean([values[seed] for values in each])) for seed in sorted(seeds)]
        return _of_ratio(logs, f"FLD of {method} / {reference} at equal SSE")

    return answer


def better_samples(method: str, reference: str) -> Question:
    """Asks the trade-off whether the lowest Fréchet distance over the weights is lower."""

    def answer(records: Sequence[Record]) -> Answer:
        best = {
            each: {
                seed: np.log(min(y for _, y in pairs))
                for seed, pairs in points(records, each, "frechet_classifier").items()
            }
            for each in (method, reference)
        }
        what = f"lowest Fréchet distance of {method} / {reference}"
        return _of_ratio(_paired(best, method, reference), what)

    return answer


def steadier(method: str, reference: str, d: int) -> Question:
    """Asks the study of stability whether D, trained alone, wins less against a method."""

    def answer(records: Sequence[Record]) -> Answer:
        last = _by_seed(
            records,
            _method_and_dimension,
            lambda record: float(curve(record, "discriminator_cross_entropy")[1][-1]),
        )
        return _of_difference(
            _paired(last, (reference, d), (method, d)),
            f"cross-entropy of D / log(t+1) after 2,000 steps, {reference} − {method}, d = {d}",
        )

    return answer


def better_features(method: str, reference: str) -> Question:
    """Asks the study of bridges whether a probe of the codes errs less."""

    def answer(records: Sequence[Record]) -> Answer:
        probed = [record for record in records if "probe" in record.outcome.tables]
        errors = _by_seed(
            probed,
            lambda record: record.fact("variant"),
            lambda record: 100 * float(record.outcome.tables["probe"][-1]["test_error"]),
        )
        what = f"test error of the probe in points, {method} − {reference}"
        return _of_difference(_paired(errors, method, reference), what)

    return answer


def lower_fld(variant: str, reference: str) -> Question:
    """Asks the study of bridges whether a variant has the lower FLD."""

    def answer(records: Sequence[Record]) -> Answer:
        logs = _by_seed(
            records,
            lambda record: record.fact("variant"),
            lambda record: np.log(record.score("fld").value),
        )
        return _of_ratio(_paired(logs, variant, reference), f"FLD of {variant} / {reference}")

    return answer


def survives(method: str, reference: str, d: int, schedule: str) -> Question:
    """Asks the study of collapse whether codes in d dimensions end nearer to the prior."""

    def answer(records: Sequence[Record]) -> Answer:
        logs = _by_seed(
            [record for record in records if record.fact("schedule") == schedule],
            _method_and_dimension,
            lambda record: np.log(record.score("fld").value),
        )
        what = f"FLD after {EPOCHS} epochs of {method} / {reference}, d = {d}, {schedule} rates"
        return _of_ratio(_paired(logs, (method, d), (reference, d)), what)

    return answer


def _of_ratio(logs: Sequence[float], what: str) -> Answer:
    """Judges ratios, given by their logarithms, that the claim wants below 1."""
    return _judge(logs, what, lambda log: number(float(np.exp(log))))


def _of_difference(values: Sequence[float], what: str) -> Answer:
    """Judges differences that the claim wants below 0."""
    return _judge(values, what, lambda value: ("−" if value < 0 else "+") + number(abs(value)))


def _judge(values: Sequence[float], what: str, show: Callable[[float], str]) -> Answer:
    """Judges values, one for each seed, that the claim wants below 0."""
    if not len(values):
        return Answer("open", "not run yet")
    found = Interval.of(values)
    mean, low, high = map(show, found)
    if len(values) < 2:
        return Answer("open", f"{what}: {mean} (one seed)")
    return Answer(_verdict(found), f"{what}: {mean} [{low}, {high}], {len(values)} seeds")


def _verdict(found: Interval) -> str:
    if found.high < 0:
        return "confirmed"
    return "refuted" if found.low > 0 else "open"


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
