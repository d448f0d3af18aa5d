"""CSV files."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ivaae_tf.reporting.document import File


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> File:
    """Returns a CSV file in UTF-8; None becomes an empty field, floats keep six digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row])
    return File(name, text.getvalue().encode())
