"""Curves over epochs as a figure of the report."""

from collections.abc import Sequence

from ivaae_tf import charts
from ivaae_tf.reporting import document

_X_LABEL = "epoch"


def curves(
    name: str, drawn: Sequence[charts.Chart], data: Sequence[document.File], caption: str
) -> document.Figure:
    """Returns a figure of charts: together as one PNG, and one by one for a page.

    Args:
        name: Of the PNG.
        drawn: At least one.
        data: What was drawn.
        caption: What a reader needs to know.
    """
    parts = tuple(
        document.Image(charts.draw([chart], _X_LABEL), _description(chart), is_chart=True)
        for chart in drawn
    )
    together = parts[0].png if len(drawn) == 1 else charts.draw(drawn, _X_LABEL)
    return document.Figure(document.File(name, together), parts, tuple(data), caption)


def _description(chart: charts.Chart) -> str:
    ends = (
        f"{line.label} ends at {line.y[-1]:.3g} after epoch {line.x[-1]:g}" for line in chart.lines
    )
    return f"{chart.title} over epochs: {'; '.join(ends)}."
