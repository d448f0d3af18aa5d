"""What a study leaves: tables and charts, each file there whole or not at all."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivaae_tf import charts
from pipelines.atomic import replace_when_complete


def save_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Writes rows of the same columns, at least one, under a line with their names."""
    with replace_when_complete(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def save_charts(
    path: Path, drawn: Sequence[charts.Chart], x_label: str, y_label: str | None = None
) -> None:
    """Writes charts that share their axes as one PNG; the arguments are those of `charts.draw`."""
    with replace_when_complete(path) as temporary:
        temporary.write_bytes(charts.draw(drawn, x_label, y_label, same_axes=True))
