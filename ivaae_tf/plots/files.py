"""CSV tables, and files that are written atomically."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pipelines.atomic import replace_when_complete


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Returns a CSV table in UTF-8; None is an empty field, floats have 8 digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([f"{cell:.8g}" if isinstance(cell, float) else cell for cell in row])
    return text.getvalue().encode()


def save(path: Path, content: bytes) -> None:
    """Writes a file completely or not at all."""
    with replace_when_complete(path) as temporary:
        temporary.write_bytes(content)
