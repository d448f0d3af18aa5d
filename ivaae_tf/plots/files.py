"""CSV tables, and atomic writes of files."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.shown_text import inert


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Returns a CSV table in UTF-8; None is an empty field, floats have 8 digits, texts one line.

    Texts are `inert`: the file `=1.png` becomes `'=1.png`, which spreadsheets do not compute.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_field, header))
    for row in rows:
        writer.writerow(map(_field, row))
    return text.getvalue().encode()


def _field(cell: Any) -> Any:
    if isinstance(cell, float):
        return f"{cell:.8g}"
    return inert(cell) if isinstance(cell, str) else cell


def save(path: Path, content: bytes) -> None:
    """Writes a file completely or not at all."""
    with replace_when_complete(path) as temporary:
        temporary.write_bytes(content)
