"""The file of a run's scores, `scores.json`."""

import json
import os
import pathlib
from collections.abc import Iterable

from ivaae_tf.metrics.score import Score
from pipelines.atomic import locked, replace_when_complete
from pipelines.errors import UserError


def read_scores(path: str | os.PathLike) -> list[Score]:
    """Returns a file's scores in the order first taken, none if it is missing.

    Raises:
        UserError: If the file does not hold scores.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return []
    try:
        records = json.loads(path.read_text("utf-8"))
        if not isinstance(records, list):
            raise TypeError(f"a {type(records).__name__}")
        return [Score.from_json(record) for record in records]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path}: not a list of scores ({error}); move it away to start a new one"
        ) from error


def merge_scores(path: str | os.PathLike, scores: Iterable[Score]) -> list[Score]:
    """Adds scores to a file, replacing those of equal name, conditions and epoch.

    The file is replaced as a whole or not at all. If two processes write, one waits.

    Returns:
        All scores in the file.

    Raises:
        UserError: If the file does not hold scores; it is not changed.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        merged = {score.key: score for score in [*read_scores(path), *scores]}
        records = [score.to_json() for score in merged.values()]
        with replace_when_complete(path) as temporary:
            temporary.write_text(json.dumps(records, indent=1, allow_nan=False) + "\n", "utf-8")
    return list(merged.values())
