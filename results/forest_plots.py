"""Forest plots: intervals below one another, in panels with a common title."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from ivaae_tf.plots import charts
from results.statistics import Interval

Panel = tuple[str, Callable[[Axes], None]]  # title, and what draws it

_ROW = 0.21  # inches


class Row(NamedTuple):
    """A row of a forest plot.

    Attributes:
        label: What is compared.
        interval: Its value.
        color: Color of its dot.
        is_decided: Whether the dot is filled.
    """

    label: str
    interval: Interval
    color: str
    is_decided: bool = True


def forests(
    panels: Mapping[str, Sequence[Row]],
    x_label: str,
    is_ratio: bool = True,
    reference: float | None = np.nan,
) -> list[Panel]:
    """Returns forest plots.

    Args:
        panels: Title -> rows.
        x_label: Label of the horizontal axes.
        is_ratio: Whether these are logarithmic.
        reference: Where there is no difference, for a line: 1 or 0 if nan, and no line if None.
    """
    if reference is not None and np.isnan(reference):
        reference = 1 if is_ratio else 0

    def draw_of(rows: Sequence[Row]) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            for y, row in enumerate(rows):
                mean, low, high, _ = row.interval
                axes.plot([low, high], [y, y], color=row.color, linewidth=1.4)
                face = row.color if row.is_decided else "white"
                axes.plot(mean, y, "o", color=row.color, markerfacecolor=face, markersize=5)
            if is_ratio:
                log_axis(axes.xaxis, axes.set_xscale)
            axes.set_yticks(range(len(rows)), [row.label for row in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
            is_open = not all(row.is_decided for row in rows)
            axes.set_xlabel(x_label + ("\nfilled: significant after correction" if is_open else ""))
            if reference is not None:
                axes.axvline(reference, color="black", linewidth=0.8)

        return draw

    return [(title, draw_of(rows)) for title, rows in panels.items()]


def log_axis(axis, set_scale: Callable[[str], None], subs: Iterable[float] = (1, 2, 5)) -> None:
    """Makes an axis logarithmic, with ticks at some multiples of the powers of ten."""
    set_scale("log")
    low, high = axis.get_data_interval()
    if high / low < 3:
        subs = (1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
    elif high / low > 1e3:
        subs = (1,)
    axis.set_major_locator(LogLocator(subs=tuple(subs)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def panels_png(title: str, panels: Sequence[Panel], num_rows: int, width: float = 3.9) -> bytes:
    """Returns a PNG of panels under a title that reports the finding."""

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        for axes, (name, draw_panel) in zip(all_axes, panels, strict=True):
            draw_panel(axes)
            axes.set_title(name)
            axes.grid(alpha=0.4, linewidth=0.5)
            axes.yaxis.label.set_fontsize(8.5)
        picture.suptitle(title, fontsize=11.5)

    return charts.panels(len(panels), (width, _ROW * num_rows + 1.3), draw)
