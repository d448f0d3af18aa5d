"""scores.json and the table on the terminal."""

import json
import os
import pathlib
from collections.abc import Iterable, Sequence

from ivaae_tf.metrics.score import Score
from pipelines.atomic import replace_when_complete
from pipelines.command_line import UserError


def read_scores(path: str | os.PathLike) -> list[Score]:
    """The scores in a file, in the order they were first taken; none if there is no file.

    Raises:
        UserError: the file holds something else.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return []
    try:
        return [Score.from_json(record) for record in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{path}: not a list of scores ({error}); move it away to start a new one"
        ) from error


def write_scores(path: str | os.PathLike, scores: Iterable[Score]) -> list[Score]:
    """Adds scores to a file; one of the same name, conditions and step takes the old one's place.

    The file is replaced as a whole or not at all.

    Returns:
        All the scores now in the file.

    Raises:
        UserError: the file holds something else than scores; it is left as it is.
    """
    merged = {score.key: score for score in [*read_scores(path), *scores]}
    records = [score.to_json() for score in merged.values()]
    with replace_when_complete(path) as temporary:
        temporary.write_text(json.dumps(records, indent=1, allow_nan=False) + "\n", "utf-8")
    return list(merged.values())


def format_scores(scores: Sequence[Score]) -> str:
    """A plain text table; conditions that all the scores share stand in a line above it."""
    if not scores:
        return "no scores"
    shared = dict(
        set.intersection(*({*score.conditions.items()} for score in scores))
        if len(scores) > 1
        else ()
    )
    rows = [("score", "step", "value", "± s.e.", "better", "conditions")]
    for score in scores:
        own = {key: value for key, value in score.conditions.items() if key not in shared}
        better = {True: "higher", False: "lower", None: "-"}[score.higher_is_better]
        step = "-" if score.step is None else str(score.step)
        error = "-" if score.standard_error is None else f"{score.standard_error:.2g}"
        rows.append((score.name, step, f"{score.value:.5g}", error, better, _listed(own)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [
        "  ".join(
            (
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:5], widths[1:5], strict=True)),
                row[5],
            )
        ).rstrip()
        for row in rows
    ]
    order = scores[0].conditions
    header = [_listed({key: shared[key] for key in order if key in shared})] if shared else []
    return "\n".join([*header, *aligned])


def _listed(conditions: dict) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
        for key, value in conditions.items()
        if value is not None
    )
