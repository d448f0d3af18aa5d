"""Figures of the synthetic benchmark."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ivaae_tf.plots import charts
from results.run import Record
from results.statistics import Interval
from results.synthetic.analysis import course, fld_ratio, values
from results.synthetic.cells import title

_LINES_SIZE = (5.6, 4.0)  # inches
_ROW_HEIGHT = 0.21
_MARKER_SIZE = 4.5


def courses(
    panels: Mapping[str, Sequence[Record]], references: Sequence[tuple[str, float]]
) -> bytes:
    """Returns a PNG of FLD over the steps, one panel for each group of cells.

    A line is the geometric mean over the seeds, and a band has the middle 80 % of them.

    Args:
        panels: Title -> cells.
        references: Label and height of a horizontal line in each panel.
    """

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        for axes, (name, records), reference in zip(
            all_axes, panels.items(), references, strict=True
        ):
            for index, record in enumerate(records):
                color, dash, _ = charts.look(index)
                steps, means = course(record, "fld")
                low, high = (course(record, limit)[1] for limit in ("low", "high"))
                axes.plot(steps, means, dash, color=color, label=title(record.run.facts))
                axes.fill_between(steps, low, high, color=color, alpha=0.15, linewidth=0)
            label, height = reference
            axes.axhline(height, color="#1d2126", linewidth=1, linestyle=(0, (1, 3)), label=label)
            axes.set(title=name, xlabel="step")
            axes.set_ylabel("FLD", fontsize=8.5)
            axes.grid(alpha=0.4, linewidth=0.5)
            axes.legend(frameon=False, fontsize=8)

    return charts.panels(len(panels), _LINES_SIZE, draw)


def dots(groups: Mapping[str, Sequence[Record]]) -> bytes:
    """Returns a PNG of FLD / AAE's and of SSE, with a row for each cell.

    Args:
        groups: Conditions -> cells, of which the first is the AAE.
    """
    num_rows = sum(len(records) + 1 for records in groups.values())

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        ratios, errors = all_axes
        labels: list[str] = []
        for index, (name, records) in enumerate(groups.items()):
            color, _, marker = charts.look(index)
            labels.append(name)
            for record in records:
                row = len(labels)
                labels.append(title(record.run.facts))
                ratio = fld_ratio(record, records[0]).exp
                error = Interval.of(values(record, "sse").tolist())
                if record is records[0]:
                    ratio = Interval(1, 1, 1)
                for axes, value in ((ratios, ratio), (errors, error)):
                    _add_dot(axes, row, value, color, marker)
        for axes in all_axes:
            axes.set_ylim(num_rows - 0.3, -0.7)
            axes.set_yticks(range(num_rows), labels if axes is ratios else [""] * num_rows)
            axes.tick_params(axis="y", length=0)
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter("")
            axes.grid(alpha=0.4, linewidth=0.5)
        for tick, label in zip(ratios.get_yticklabels(), labels, strict=True):
            tick.set_fontweight("bold" if label in groups else "normal")
        ratios.axvline(1, color="#1d2126", linewidth=1, linestyle=(0, (1, 3)))
        ratios.set(
            xlabel="FLD / AAE's FLD under the same conditions (below 1: closer to the prior)"
        )
        errors.set(xlabel="SSE")
        for axes, ticks in ((ratios, (0.2, 0.5, 1, 2, 5)), (errors, (0.5, 1, 2, 5, 10, 20))):
            low, high = axes.get_xlim()
            shown = [tick for tick in ticks if low <= tick <= high]
            axes.set_xticks(shown, [f"{tick:g}" for tick in shown])

    return charts.panels(2, (5.2, _ROW_HEIGHT * num_rows + 0.6), draw)


def _add_dot(axes: Axes, row: int, value: Interval, color: str, marker: str) -> None:
    spread = np.array([[value.mean - value.low], [value.high - value.mean]])
    axes.errorbar(
        [value.mean],
        [row],
        xerr=spread,
        color=color,
        marker=marker,
        markersize=_MARKER_SIZE,
        capsize=2,
        elinewidth=1,
    )
