"""Scores with their conditions and errors, as a table and as curves over epochs."""

import dataclasses
import json
import math
from collections.abc import Collection, Sequence
from typing import Any

from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.metrics.score_table import in_words, shared_conditions
from ivaae_tf.plots import charts
from ivaae_tf.plots.files import to_csv
from ivaae_tf.reporting.losses import curves
from ivaae_tf.reporting.markdown import Block, Figure, cell, escape, table
from ivaae_tf.runs.finished import FinishedRun

# Conditions that are in the title or the cells of a row.
_SHOWN_ELSEWHERE = ("expected_under_prior", "comparable_with_published_fid", "warning")
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
        name: Name of the score.
        conditions: Conditions of all scores in `by_run`.
        higher_is_better: None if neither direction is better.
        by_run: Name of a run -> its scores, by ascending epoch.
    """

    name: str
    conditions: dict[str, Condition]
    higher_is_better: bool | None
    by_run: dict[str, list[Score]]

    @property
    def title(self) -> str:
        """The name in words, with the extractor if there is one."""
        if self.name in _TITLES:
            return _TITLES[self.name]
        kind, _, extractor = self.name.partition("_")
        title = _TITLES.get(kind, kind.capitalize())
        return f"{title} ({extractor})" if extractor else title

    def latest(self, run: str) -> Score:
        """Returns the score of the latest epoch."""
        return self.by_run[run][-1]

    def best(self, run: str) -> Score | None:
        """Returns the best finite score, or None if there is none or no direction."""
        scores = [score for score in self.by_run[run] if math.isfinite(score.value)]
        if self.higher_is_better is None or not scores:
            return None
        choose = max if self.higher_is_better else min
        return choose(scores, key=lambda score: score.value)

    def leader(self) -> str | None:
        """Returns the run that has the best latest score by over two standard errors.

        They are errors of the difference from the second best, for independent scores. None if no
        run leads by so much, or an error is not known.
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

    def conditions_without(self, names: Collection[str]) -> str:
        """Returns in words the conditions that are not in `names` or the title."""
        in_title = ["extractor"] if f"({self.extractor})" in self.title else []
        return in_words(self.conditions, {*names, *in_title, *_SHOWN_ELSEWHERE})

    @property
    def extractor(self) -> str | None:
        """The name of the network that computes the features, if there is one."""
        return self._condition("extractor", str)

    @property
    def floor(self) -> float | None:
        """The expected score of codes from the prior, for scores of codes."""
        return self._condition("expected_under_prior", int | float)

    @property
    def warning(self) -> str | None:
        """A reason to doubt the score, if there is one."""
        return self._condition("warning", str)

    def _condition(self, name: str, kind: Any) -> Any:
        value = self.conditions.get(name)
        return value if isinstance(value, kind) else None


def score_rows(runs: Sequence[FinishedRun]) -> list[ScoreRow]:
    """Returns a row for each score and set of conditions, grouped by name."""
    rows: dict[str, ScoreRow] = {}
    for run in runs:
        for score in sorted(run.scores, key=lambda score: score.epoch or 0):
            key = json.dumps([score.name, dict(score.conditions)], sort_keys=True)
            empty = ScoreRow(score.name, dict(score.conditions), score.higher_is_better, {})
            rows.setdefault(key, empty).by_run.setdefault(run.name, []).append(score)
    order = list(dict.fromkeys(row.name for row in rows.values()))
    return sorted(rows.values(), key=lambda row: order.index(row.name))


def score_table(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns the table of the latest and the best scores, with an introduction."""
    rows = score_rows(runs)
    if not rows:
        return ["No run has been scored yet."]
    shared = _shared_by(rows)
    scored = [run.name for run in runs if run.scores]
    text = (
        "Each cell shows the latest score ± its standard error over random samples, "
        "its epoch, and the best score of all epochs, which is too optimistic if scores are noisy. "
        "All scores of a row have the same conditions. Bold marks the best of the latest scores if "
        "it leads by more than two standard errors of the difference."
    )
    if common := in_words(shared, _SHOWN_ELSEWHERE):
        text += f" All scores: {common}."
    of_extractor: dict[str | None, dict[str, Condition]] = {}
    for extractor in dict.fromkeys(row.extractor for row in rows if row.extractor):
        shown_above = _shared_by([row for row in rows if row.extractor == extractor])
        if own := in_words(shown_above, {*shared, *_SHOWN_ELSEWHERE}):
            text += f" Scores on {extractor} features: {own}."
        of_extractor[extractor] = shown_above
    if not any(row.name == "fid" for row in rows):
        text += " None of these is FID, which needs the Inception network of 2015."
    header = ("Score", *scored)
    cells = (_cells(row, scored, shared | of_extractor.get(row.extractor, {})) for row in rows)
    return [escape(text), table(header, cells)]


def score_curves(runs: Sequence[FinishedRun]) -> Figure | None:
    """Returns the scores over epochs, or None if no score has an epoch."""
    rows = [row for row in score_rows(runs) if row.conditions.get("of") != "data"]
    shared = _shared_by(rows)
    drawn = []
    for row in rows:
        lines = tuple(_lines(runs, row))
        if lines:
            floor = None if row.floor is None else ("codes from the prior", row.floor)
            drawn.append(charts.Chart(_chart_title(row, rows, shared), lines, floor))
    if not drawn:
        return None
    rows_of_csv = (
        (run.name, s.epoch, s.name, s.value, s.standard_error, json.dumps(dict(s.conditions)))
        for run in runs
        for s in run.scores
    )
    header = ("run", "epoch", "score", "value", "standard_error", "conditions")
    data = {"scores_over_epochs.csv": to_csv(header, rows_of_csv)}
    caption = "Scores over epochs with their standard errors; the table above has their conditions."
    return curves("scores_over_epochs.png", drawn, caption, data)


def format_score(score: Score) -> str:
    """Returns the value with its standard error."""
    if not math.isfinite(score.value):
        return "not a number"
    error = score.standard_error
    return f"{score.value:.4g}" + ("" if error is None else f" ± {error:.2g}")


def _shared_by(rows: Sequence[ScoreRow]) -> dict[str, Condition]:
    return shared_conditions([row.conditions for row in rows])


def _cells(row: ScoreRow, runs: Sequence[str], shared: dict) -> list[str]:
    direction = {True: "higher is better", False: "lower is better", None: ""}
    notes = [direction[row.higher_is_better], row.conditions_without(shared)]
    if row.floor is not None:
        notes.append(f"codes from the prior are expected to score {row.floor:.3g}")
    if row.warning is not None:
        notes.append(f"Warning: {row.warning}")
    title = cell(row.title, "; ".join(filter(None, notes)))
    leader = row.leader()
    return [title, *(_score_cell(row, run, run == leader) for run in runs)]


def _score_cell(row: ScoreRow, run: str, strong: bool) -> str:
    if run not in row.by_run:
        return "–"
    latest, best = row.latest(run), row.best(run)
    note = "" if latest.epoch is None else f"epoch {latest.epoch}"
    if best is not None and len(row.by_run[run]) > 1:
        is_latest = best is latest
        note += ", the best" if is_latest else f"; best {format_score(best)}, epoch {best.epoch}"
    return cell(format_score(latest), note, strong)


def _lines(runs: Sequence[FinishedRun], row: ScoreRow):
    for style, run in enumerate(runs):
        scores = [score for score in row.by_run.get(run.name, []) if score.epoch is not None]
        if any(math.isfinite(score.value) for score in scores):
            errors = [
                math.nan if score.standard_error is None else score.standard_error
                for score in scores
            ]
            epochs, values = zip(*((score.epoch, score.value) for score in scores), strict=True)
            yield charts.Line(run.name, style, epochs, values, errors)


def _chart_title(row: ScoreRow, rows: Sequence[ScoreRow], shared: dict) -> str:
    """Returns the row's title; with own conditions if other rows have the name."""
    alike = [other for other in rows if other.name == row.name]
    if len(alike) == 1:
        return row.title
    return f"{row.title}\n{row.conditions_without({*shared, *_shared_by(alike)})}"
