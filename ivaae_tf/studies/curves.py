"""Curves of several runs, as a figure and as a table."""

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from pipelines.atomic import replace_when_complete

# Told apart by the colour-blind (Okabe and Ito, 2008), and by their dashes in print.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":")
_PANELS_IN_A_ROW = 3
# A legend leaves out what begins with an underscore, as a run's name may.
_LITERALLY = "\N{ZERO WIDTH SPACE}"


@dataclasses.dataclass(frozen=True)
class Curve:
    """Values over steps, with the name that the legend gives them."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]


@dataclasses.dataclass(frozen=True)
class Level:
    """A value to compare a panel's curves with."""

    name: str
    value: float


@dataclasses.dataclass(frozen=True)
class Panel:
    """Curves that share a pair of axes."""

    title: str
    curves: Sequence[Curve]
    level: Level | None = None


def save_figure(
    path: Path, panels: Sequence[Panel], x_label: str, y_label: str, y_scale: str = "linear"
) -> None:
    """Draws panels side by side, on common axes, and writes them as a PNG.

    Args:
        path: File to write or to replace.
        panels: At least one.
        x_label: Of the steps.
        y_label: Of the values.
        y_scale: "linear", or "log", which leaves out what is not above 0.
    """
    num_columns = min(len(panels), _PANELS_IN_A_ROW)
    num_rows = -(-len(panels) // num_columns)
    size = (max(5.5, 4.5 * num_columns), 3.8 * num_rows)
    figure = Figure(figsize=size, dpi=120, layout="constrained")
    grid = figure.subplots(num_rows, num_columns, sharex=True, sharey=True, squeeze=False)
    for index, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
        _draw(axes, panel)
        # Of themselves common axes are labelled in the last row alone, which may not be full.
        axes.tick_params(labelbottom=index >= len(panels) - num_columns)
        if y_scale == "log":
            # Some ranges hold no power of ten.
            axes.set_yscale("log", nonpositive="mask")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    figure.supxlabel(x_label, fontsize="medium")
    figure.supylabel(y_label, fontsize="medium")
    with replace_when_complete(path) as temporary:
        FigureCanvasAgg(figure).print_png(temporary)


def save_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Writes rows of the same columns, at least one, under a line with their names."""
    with replace_when_complete(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _draw(axes, panel: Panel) -> None:
    for index, curve in enumerate(panel.curves):
        axes.plot(
            curve.steps,
            curve.values,
            color=_COLOURS[index % len(_COLOURS)],
            linestyle=_DASHES[index % len(_DASHES)],
            linewidth=1.6,
            label=_LITERALLY + curve.name,
        )
    if panel.level is not None:
        dots = (0, (1, 2))
        axes.axhline(panel.level.value, color="0.45", linestyle=dots, label=panel.level.name)
    axes.set_title(panel.title, fontsize="medium")
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    for text in axes.legend(fontsize="small").get_texts():
        text.set_parse_math(False)
