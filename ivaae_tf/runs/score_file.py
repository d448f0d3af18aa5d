"""The file of a run's scores, `scores.json`."""

import json
import pathlib
from collections.abc import Iterable
from typing import Any

from ivaae_tf.metrics.score import Score
from ivaae_tf.program.atomic_files import locked, replace_when_complete
from ivaae_tf.program.damaged_files import parsing, read_json, read_or_set_aside


def read_scores(path: pathlib.Path) -> list[Score]:
    """Returns the scores of a file in the order of their first computation; none if it is missing.

    Raises:
        DamagedFileError: If the file does not contain scores.
    """
    if not path.exists():
        return []
    records = read_json(path, list[dict[str, Any]])
    with parsing(path):
        return [Score.from_json(record) for record in records]


def merge_scores(path: pathlib.Path, scores: Iterable[Score]) -> list[Score]:
    """Adds scores to a file, replacing scores of equal name, conditions and epoch.

    The file is replaced as a whole or not at all. If two processes write, one waits. A file that
    does not contain scores is reported and moved aside.

    Returns:
        All scores in the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        before = read_or_set_aside(path, lambda: read_scores(path))
        merged = {score.key: score for score in [*before, *scores]}
        records = [score.to_json() for score in merged.values()]
        with replace_when_complete(path) as temporary:
            temporary.write_text(json.dumps(records, indent=1, allow_nan=False) + "\n", "utf-8")
    return list(merged.values())
