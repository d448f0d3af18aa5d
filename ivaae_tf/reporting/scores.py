"""Scores with their conditions and errors: the table, and the curves over epochs."""

import json
import math
from collections.abc import Sequence

from ivaae_tf import charts
from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.reporting.curves import curves
from ivaae_tf.reporting.document import Block, Cell, Figure, Paragraph, Table
from ivaae_tf.reporting.finished_run import FinishedRun
from ivaae_tf.reporting.score_rows import ScoreRow, in_words, score_rows, shared_conditions
from ivaae_tf.reporting.tabular import csv_file


def score_table(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns the latest and the best scores of the runs that have any."""
    rows = score_rows(runs)
    if not rows:
        return [Paragraph("No run has been scored yet.")]
    shared = shared_conditions(rows)
    scored = [run.name for run in runs if run.scores]
    text = (
        "Each cell: the latest score ± its standard error over draws of the scored sample, its "
        "epoch, and the best score over all epochs, which flatters where scores are noisy. A row "
        "holds only scores that were taken under the same conditions. Bold is the best of the "
        "latest scores, where it leads by more than two standard errors of the difference."
    )
    if common := in_words(shared, {}):
        text += f" All of them: {common}."
    of_extractor: dict[str | None, dict[str, Condition]] = {}
    for extractor in dict.fromkeys(filter(None, map(_extractor, rows))):
        said_above = shared_conditions([row for row in rows if _extractor(row) == extractor])
        text += f" Those on features of the {extractor}: {in_words(said_above, shared)}."
        of_extractor[extractor] = said_above
    if not any(row.name == "fid" for row in rows):
        text += " None of these is FID, which takes the Inception network of 2015."
    header = ("Score", *scored)
    cells = (_cells(row, scored, shared | of_extractor.get(_extractor(row), {})) for row in rows)
    return [Paragraph(text), Table(header, tuple(cells))]


def score_curves(runs: Sequence[FinishedRun]) -> Figure | None:
    """Returns the scores over epochs, or None where there is none that has an epoch."""
    rows = [row for row in score_rows(runs) if row.conditions.get("of") != "data"]
    shared = shared_conditions(rows)
    drawn = []
    for row in rows:
        lines = tuple(_lines(runs, row))
        if lines:
            level = None if row.floor is None else ("perfect N(0, I) codes", row.floor)
            drawn.append(charts.Chart(_chart_title(row, rows, shared), lines, level))
    if not drawn:
        return None
    table = (
        (run.name, s.step, s.name, s.value, s.standard_error, json.dumps(dict(s.conditions)))
        for run in runs
        for s in run.scores
    )
    header = ("run", "epoch", "score", "value", "standard_error", "conditions")
    data = csv_file("scores_over_epochs.csv", header, table)
    caption = "Scores over epochs, with their standard errors, under the conditions of the table."
    return curves("scores_over_epochs.png", drawn, [data], caption)


def format_score(score: Score) -> str:
    """Returns the value with its standard error."""
    if not math.isfinite(score.value):
        return "not a number"
    error = score.standard_error
    return f"{score.value:.4g}" + ("" if error is None else f" ± {error:.2g}")


def _extractor(row: ScoreRow) -> str | None:
    extractor = row.conditions.get("extractor")
    return extractor if isinstance(extractor, str) else None


def _cells(row: ScoreRow, runs: Sequence[str], shared: dict) -> tuple[Cell, ...]:
    direction = {True: "higher is better", False: "lower is better", None: ""}
    notes = [direction[row.higher_is_better], row.conditions_without(shared)]
    if row.floor is not None:
        notes.append(f"perfect N(0, I) codes are expected to score {row.floor:.3g}")
    if row.warning is not None:
        notes.append(f"Warning: {row.warning}")
    title = Cell(row.title, "; ".join(filter(None, notes)))
    leader = row.leader()
    return (title, *(_score_cell(row, run, run == leader) for run in runs))


def _score_cell(row: ScoreRow, run: str, strong: bool) -> Cell:
    if run not in row.by_run:
        return Cell("–")
    latest, best = row.latest(run), row.best(run)
    epoch = "" if latest.step is None else f"epoch {latest.step}"
    if best is None or len(row.by_run[run]) == 1:
        return Cell(format_score(latest), epoch, strong)
    if best is latest:
        return Cell(format_score(latest), f"{epoch}, the best", strong)
    return Cell(
        format_score(latest), f"{epoch}; best {format_score(best)}, epoch {best.step}", strong
    )


def _lines(runs: Sequence[FinishedRun], row: ScoreRow):
    for style, run in enumerate(runs):
        scores = [score for score in row.by_run.get(run.name, []) if score.step is not None]
        if any(math.isfinite(score.value) for score in scores):
            errors = [
                math.nan if score.standard_error is None else score.standard_error
                for score in scores
            ]
            steps, values = zip(*((score.step, score.value) for score in scores), strict=True)
            yield charts.Line(run.name, style, steps, values, errors)


def _chart_title(row: ScoreRow, rows: Sequence[ScoreRow], shared: dict) -> str:
    """Returns the score's title, with what tells it from others of its name."""
    alike = [other for other in rows if other.name == row.name]
    if len(alike) == 1:
        return row.title
    return f"{row.title}\n{row.conditions_without(shared | shared_conditions(alike))}"
