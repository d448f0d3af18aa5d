"""Scores of several runs, side by side only where their conditions are the same."""

import dataclasses
import json
import math
from collections.abc import Sequence

from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.reporting.finished_run import FinishedRun

# Said in the cells of the row, or by its title, rather than among its conditions.
_SAID_ELSEWHERE = ("expected_of_perfect_codes", "comparable_with_published_fid", "warning")
_TITLES = {
    "fld": "FLD",
    "fid": "FID",
    "kid": "KID",
    "ssim": "SSIM",
    "reconstruction_sse": "Reconstruction, sum of squared errors",
    "reconstruction_mse": "Reconstruction, mean squared error",
    "frechet": "Fréchet distance",
    "kernel": "Kernel distance",
}


@dataclasses.dataclass(frozen=True)
class ScoreRow:
    """One score under one set of conditions.

    Attributes:
        name: Of the score.
        conditions: That all of `by_run` hold under.
        higher_is_better: None where neither way is.
        by_run: Name of a run -> its scores, by ascending epoch.
    """

    name: str
    conditions: dict[str, Condition]
    higher_is_better: bool | None
    by_run: dict[str, list[Score]]

    @property
    def title(self) -> str:
        """The name in words, with the extractor where there is one."""
        if self.name in _TITLES:
            return _TITLES[self.name]
        kind, _, extractor = self.name.partition("_")
        title = _TITLES.get(kind, kind.capitalize())
        return f"{title} ({extractor})" if extractor else title

    def latest(self, run: str) -> Score:
        """Returns the score of the latest epoch."""
        return self.by_run[run][-1]

    def best(self, run: str) -> Score | None:
        """Returns the best score; None where none is better or none is a number."""
        scores = [score for score in self.by_run[run] if math.isfinite(score.value)]
        if self.higher_is_better is None or not scores:
            return None
        choose = max if self.higher_is_better else min
        return choose(scores, key=lambda score: score.value)

    def leader(self) -> str | None:
        """Returns the run whose latest score is the best by more than two standard errors.

        Those are of the difference to the second best, as if the two were independent; None where
        no run leads so far, or where errors are not known.
        """
        latest = [
            (score.value, score.standard_error, run)
            for run in self.by_run
            if math.isfinite((score := self.latest(run)).value)
        ]
        if self.higher_is_better is None or len(latest) < 2:
            return None
        latest.sort(key=lambda entry: entry[0], reverse=self.higher_is_better)
        (best, best_error, run), (second, second_error, _) = latest[:2]
        if best_error is None or second_error is None:
            return None
        return run if abs(best - second) > 2 * math.hypot(best_error, second_error) else None

    def conditions_without(self, others: dict[str, Condition]) -> str:
        """Returns in words what the conditions say beyond `others` and the title."""
        extractor = self.conditions.get("extractor")
        in_title = {"extractor": extractor} if f"({extractor})" in self.title else {}
        return in_words(self.conditions, others | in_title)

    @property
    def floor(self) -> float | None:
        """What perfect codes would score, for scores of codes."""
        floor = self.conditions.get("expected_of_perfect_codes")
        return floor if isinstance(floor, int | float) else None

    @property
    def warning(self) -> str | None:
        """What is to be known before the score is believed."""
        warning = self.conditions.get("warning")
        return warning if isinstance(warning, str) else None


def score_rows(runs: Sequence[FinishedRun]) -> list[ScoreRow]:
    """Returns a row for each score and set of conditions, alike names together."""
    rows: dict[str, ScoreRow] = {}
    for run in runs:
        for score in sorted(run.scores, key=lambda score: score.step or 0):
            key = json.dumps([score.name, dict(score.conditions)], sort_keys=True)
            empty = ScoreRow(score.name, dict(score.conditions), score.higher_is_better, {})
            rows.setdefault(key, empty).by_run.setdefault(run.name, []).append(score)
    order = list(dict.fromkeys(row.name for row in rows.values()))
    return sorted(rows.values(), key=lambda row: order.index(row.name))


def shared_conditions(rows: Sequence[ScoreRow]) -> dict[str, Condition]:
    """Returns the conditions that hold for all rows."""
    if len(rows) < 2:
        return {}
    first, *others = rows
    return {
        name: value
        for name, value in first.conditions.items()
        if all(name in row.conditions and row.conditions[name] == value for row in others)
    }


def in_words(conditions: dict[str, Condition], without: dict[str, Condition]) -> str:
    """Returns conditions in words, without those that stand elsewhere."""
    return ", ".join(
        _phrase(name, value)
        for name, value in conditions.items()
        if value is not None and name not in without and name not in _SAID_ELSEWHERE
    )


def _phrase(name: str, value: Condition) -> str:
    if name.startswith("num_") and isinstance(value, int):
        return f"{value:,} {name.removeprefix('num_').replace('_', ' ')}"
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"not {words}"
    return f"{words} {f'{value:.4g}' if isinstance(value, float) else value}"
