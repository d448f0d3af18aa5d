"""scores.json and the table on the terminal."""

import contextlib
import fcntl
import json
import os
import pathlib
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from ivaae_tf.metrics.score import Score
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

_NOTE_WIDTH = 100


def read_scores(path: str | os.PathLike) -> list[Score]:
    """The scores in a file, in the order they were first taken; none if there is no file.

    Raises:
        UserError: the file holds something else.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return []
    try:
        records = json.loads(path.read_text("utf-8"))
        if not isinstance(records, list):
            raise TypeError(f"a {type(records).__name__}")
        return [Score.from_json(record) for record in records]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{path}: not a list of scores ({error}); move it away to start a new one"
        ) from error


def write_scores(path: str | os.PathLike, scores: Iterable[Score]) -> list[Score]:
    """Adds scores to a file; one of the same name, conditions and step takes the old one's place.

    The file is replaced as a whole or not at all, and of two processes that write one waits.

    Returns:
        All the scores now in the file.

    Raises:
        UserError: the file holds something else than scores; it is left as it is.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        merged = {score.key: score for score in [*read_scores(path), *scores]}
        records = [score.to_json() for score in merged.values()]
        with replace_when_complete(path) as temporary:
            temporary.write_text(json.dumps(records, indent=1, allow_nan=False) + "\n", "utf-8")
    return list(merged.values())


def format_scores(scores: Sequence[Score]) -> str:
    """A plain text table; below it, numbered, the conditions of its rows.

    Conditions that all the scores share stand in a line above it.
    """
    if not scores:
        return "no scores"
    shared = dict(
        set.intersection(*({*score.conditions.items()} for score in scores))
        if len(scores) > 1
        else ()
    )
    own = [
        _listed({key: value for key, value in score.conditions.items() if key not in shared})
        for score in scores
    ]
    notes = [conditions for conditions in dict.fromkeys(own) if conditions]
    rows = [("score", "step", "value", "± s.e.", "better", "")]
    for score, conditions in zip(scores, own, strict=True):
        better = {True: "higher", False: "lower", None: "-"}[score.higher_is_better]
        step = "-" if score.step is None else str(score.step)
        error = "-" if score.standard_error is None else f"{score.standard_error:.2g}"
        note = f"[{notes.index(conditions) + 1}]" if conditions else ""
        rows.append((score.name, step, f"{score.value:.5g}", error, better, note))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = [
        "  ".join(
            (row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])),
        ).rstrip()
        for row in rows
    ]
    order = scores[0].conditions
    header = [_listed({key: shared[key] for key in order if key in shared})] if shared else []
    numbered = [
        textwrap.fill(note, _NOTE_WIDTH, initial_indent=f"[{number}] ", subsequent_indent="    ")
        for number, note in enumerate(notes, start=1)
    ]
    return "\n".join([*header, *table, *([""] if numbered else []), *numbered])


@contextlib.contextmanager
def _locked(folder: pathlib.Path) -> Iterator[None]:
    """Keeps other processes that ask for it out of the folder, without a file to leave behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _listed(conditions: dict) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
        for key, value in conditions.items()
        if value is not None
    )
