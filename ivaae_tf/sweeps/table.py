"""The table of a sweep: means of the scores over the seeds, and the best cell."""

import itertools
import json
import math
import operator
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import aligned
from ivaae_tf.plots.files import to_csv
from ivaae_tf.program.errors import UserError
from ivaae_tf.reporting.scores import format_score
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.sweeps.cells import Cell, name_of
from ivaae_tf.sweeps.runs import SweptRun

Condition = tuple[str, str, float]  # name of a score, "<=" or ">=", and a bound of its mean

_RELATIONS = {"<=": operator.le, ">=": operator.ge}
_CONDITION = re.compile(r"(\w+)(<=|>=)(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        cell: The values of the varied flags.
        folders: Folders of its finished runs.
        is_complete: Whether all its runs are finished.
        means: Name of a score -> mean of the latest scores of the runs, with its standard error
            from the spread over the seeds; without one for one seed.
    """

    cell: Cell
    folders: list[Path]
    is_complete: bool
    means: dict[str, Score]

    def mean(self, name: str) -> float:
        """Returns the mean of a score, nan if there is none."""
        return self.means[name].value if name in self.means else math.nan


def rows_of(runs: Sequence[SweptRun]) -> list[Row]:
    """Returns a row for each cell, in the order of the runs."""
    rows = []
    for _, group in itertools.groupby(runs, lambda run: name_of(run.cell)):
        of_cell = list(group)
        folders = [run.folder for run in of_cell if run.is_finished]
        is_complete = len(folders) == len(of_cell)
        rows.append(Row(of_cell[0].cell, folders, is_complete, _means(folders)))
    return rows


def _means(folders: Sequence[Path]) -> dict[str, Score]:
    by_name: dict[str, list[Score]] = {}
    for folder in folders:
        scores = sorted(RunDirectory(folder).read_scores(), key=lambda score: score.epoch or 0)
        for name, score in {_name(score): score for score in scores}.items():
            by_name.setdefault(name, []).append(score)
    means = {}
    for name, scores in by_name.items():
        values = np.array([score.value for score in scores])
        error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else None
        means[name] = Score(name, values.mean(), scores[0].higher_is_better, error)
    return means


def _name(score: Score) -> str:
    """Returns the name, which has what the score is of, such as sharpness_of_samples."""
    of = score.conditions.get("of")
    return score.name if of is None else f"{score.name}_of_{of}"


def _all_means(rows: Sequence[Row]) -> dict[str, Score]:
    """Returns one mean of each name, in the order of the table's columns."""
    return {name: mean for row in rows for name, mean in row.means.items()}


def to_table(rows: Sequence[Row]) -> bytes:
    """Returns the table with all scores as CSV."""
    names = list(_all_means(rows))
    columns = [column for name in names for column in (name, f"{name}_standard_error")]
    lines = []
    for row in rows:
        means = [row.means.get(name) for name in names]
        pairs = [(mean.value, mean.standard_error) if mean else (None, None) for mean in means]
        lines.append((*row.cell.values(), len(row.folders), *itertools.chain(*pairs)))
    return to_csv((*rows[0].cell, "seeds", *columns), lines)


def to_text(rows: Sequence[Row], names: Sequence[str] = ()) -> str:
    """Returns the table with some scores, by default all, as aligned text."""
    names = names or list(_all_means(rows))
    lines = [(*rows[0].cell, "seeds", *names)]
    for row in rows:
        cells = (format_score(row.means[name]) if name in row.means else "-" for name in names)
        lines.append((*row.cell.values(), str(len(row.folders)), *cells))
    return "\n".join(aligned(lines))


def parse_condition(text: str) -> Condition:
    """Returns the condition in a text such as "reconstruction_sse<=30".

    Raises:
        UserError: If it has another form.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UserError(
            f"--where={text}: expected a score and a bound, such as reconstruction_sse<=30"
        )
    return found[1], found[2], float(found[3])


def best_row(rows: Sequence[Row], score: str, conditions: Sequence[Condition]) -> Row | None:
    """Returns the complete row with the best mean, of those that fulfill all conditions.

    Raises:
        UserError: If there is no score of a name, or neither direction of `score` is better.
    """
    means = _all_means(rows)
    if not means:
        return None
    directed = [name for name in means if means[name].higher_is_better is not None]
    checks = [("best", score, directed), *(("where", name, list(means)) for name, *_ in conditions)]
    for flag, name, valid in checks:
        if name not in valid:
            raise UserError(f"--{flag}: expected one of {', '.join(valid)}; found {name!r}")
    possible = [
        row
        for row in rows
        if row.is_complete and math.isfinite(row.mean(score))
        if all(_RELATIONS[relation](row.mean(name), bound) for name, relation, bound in conditions)
    ]
    choose = max if means[score].higher_is_better else min
    return choose(possible, key=lambda row: row.mean(score), default=None)


def to_json(row: Row) -> bytes:
    """Returns the flags, the runs and the means of a row as JSON."""
    content = {
        "flags": dict(row.cell),
        "runs": list(map(str, row.folders)),
        "means": [mean.to_json() for mean in row.means.values()],
    }
    return f"{json.dumps(content, indent=1, allow_nan=False)}\n".encode()
