"""Figures of the synthetic benchmark."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ivaae_tf.plots import charts
from results.run import Record
from results.statistics import Interval
from results.synthetic.analysis import course, fld_ratio, values
from results.synthetic.cells import title

_LINES_SIZE = (5.6, 4.0)  # inches
_ROW_HEIGHT = 0.21
_MARKER_SIZE = 4.5
_INK = "#1d2126"
_DOTTED = (0, (1, 3))


def courses(panels: Mapping[str, Sequence[Record]], levels: Sequence[float]) -> bytes:
    """Returns a PNG of FLD over the steps, one panel for each group of cells.

    A line is the geometric mean over the seeds, and a band has the middle 80 % of them. A method
    has the same look in all panels.

    Args:
        panels: Title -> cells.
        levels: FLD of the true codes, for each panel.
    """
    titles = [title(record.run.facts) for records in panels.values() for record in records]
    styles = {name: index for index, name in enumerate(dict.fromkeys(titles))}

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        del picture
        for axes, (name, records), level in zip(all_axes, panels.items(), levels, strict=True):
            for record in records:
                label = title(record.run.facts)
                color, dash, _ = charts.look(styles[label])
                steps, means = course(record, "fld")
                low, high = (course(record, limit)[1] for limit in ("low", "high"))
                axes.plot(steps, means, dash, color=color, label=label)
                axes.fill_between(steps, low, high, color=color, alpha=0.15, linewidth=0)
            axes.axhline(level, color=_INK, linewidth=1, linestyle=_DOTTED, label="the true codes")
            axes.set(title=name, xlabel="step", yscale="log")
            axes.set_ylabel("FLD", fontsize=8.5)
            _set_ticks(axes.yaxis, axes.get_ylim())
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
        del picture
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
            axes.grid(alpha=0.4, linewidth=0.5)
        for tick, label in zip(ratios.get_yticklabels(), labels, strict=True):
            tick.set_fontweight("bold" if label in groups else "normal")
        ratios.axvline(1, color=_INK, linewidth=1, linestyle=_DOTTED)
        ratios.set(xlabel="FLD / AAE's FLD (below 1: closer to the prior)")
        errors.set(xlabel="SSE")
        for axes in all_axes:
            _set_ticks(axes.xaxis, axes.get_xlim())

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


def _set_ticks(axis: Axis, limits: tuple[float, float]) -> None:
    """Labels a logarithmic axis with round numbers, about six of them."""
    low, high = limits
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), np.arange(1, 10, 0.5)):
        powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)))
        ticks = [tick for tick in np.outer(powers, steps).ravel() if low <= tick <= high]
        if len(ticks) >= 4:
            break
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_minor_locator(NullLocator())
