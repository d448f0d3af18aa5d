"""Line charts that are readable without colors."""

import dataclasses
import io
import itertools
import textwrap
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, MaxNLocator

from ivaae_tf.plots import fonts
from ivaae_tf.plots.images import read_png

_DOTS_PER_INCH = 200  # Sharp on a screen with two pixels per point.
MOST_COLUMNS = 3
_CHART_WIDTH, _CHART_HEIGHT = 3.9, 2.7  # Inches.
_LOG_RATIO = 20  # Largest / smallest value above which the axis is logarithmic.
_MOST_MARKED_POINTS = 40
_LABEL_WIDTH = 40
_TITLE_WIDTH = 44  # Characters that fit above a chart.

_PAPER = "#ffffff"
_INK = "#1d2126"
_GRID = "#d9dde2"
# The palette of Okabe and Ito (2008), "Color universal design", and the color of texts.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", _INK)
_DASHES = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^", "D", "v")


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of a chart.

    Attributes:
        label: Text in the legend.
        style: Lines with the same number look the same in all charts.
        x: Ascending positions.
        y: One value for each position; a value that is not finite is a gap.
        errors: Standard errors of `y`, nan for an unknown one; None for no error bars.
        is_band: Whether the errors are drawn as a band instead of bars.
    """

    label: str
    style: int
    x: Sequence[float]
    y: Sequence[float]
    errors: Sequence[float] | None = None
    is_band: bool = dataclasses.field(default=False, kw_only=True)


@dataclasses.dataclass(frozen=True)
class Chart:
    """Lines over epochs or steps.

    Attributes:
        title: Name of the drawn quantity.
        lines: At least one line.
        reference_line: Label and height of a horizontal line to compare with.
        is_linear: Whether the vertical axis is linear for any spread of the values.
    """

    title: str
    lines: tuple[Line, ...]
    reference_line: tuple[str, float] | None = None
    is_linear: bool = False


def draw(
    charts: Sequence[Chart], x_label: str, y_label: str | None = None, share_axes: bool = False
) -> bytes:
    """Returns a PNG of charts with one legend, at most `MOST_COLUMNS` in a row.

    Args:
        charts: At least one chart.
        x_label: Label of the horizontal axes.
        y_label: Label of the vertical axes, if the titles do not contain it.
        share_axes: Whether all axes have the same ranges and scale.
    """
    # Size of the legend.
    labels = [line.label for chart in charts for line in chart.lines]
    labels += [chart.reference_line[0] for chart in charts if chart.reference_line]
    texts = {label: short(label) for label in labels}
    # In characters, about 14 per inch; a handle needs the width of 8.
    width = 14 * _CHART_WIDTH * min(len(charts), MOST_COLUMNS)
    columns = max(1, int(width / (8 + max(map(fonts.width, texts.values())))))
    legend_height = 0.17 * -(-len(texts) // columns)

    def draw_axes(picture: Figure, all_axes: list[Axes]) -> None:
        handles: dict[str, Artist | Container] = {}
        for axes, chart in zip(all_axes, charts, strict=True):
            handles |= _draw_chart(axes, chart)
            axes.set_xlabel(x_label)
        if y_label is not None:
            picture.supylabel(y_label, fontsize=8.5, color=_INK)
        # matplotlib's types do not allow containers, such as error bars, as handles.
        legend = picture.legend(  # type: ignore[call-overload]
            [handles[label] for label in texts],
            [
                f"\N{ZERO WIDTH SPACE}{text}" for text in texts.values()
            ],  # a leading "_" would hide it
            loc="outside lower center",
            ncols=columns,
            frameon=False,
            fontsize=8.5,
            labelcolor=_INK,
            handlelength=2.8,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)

    size = (_CHART_WIDTH, _CHART_HEIGHT)
    return panels(len(charts), size, draw_axes, extra_height=legend_height, share_axes=share_axes)


def panels(
    count: int,
    size: tuple[float, float],
    draw_axes: Callable[[Figure, list[Axes]], None],
    extra_height: float = 0.0,
    share_axes: bool = False,
) -> bytes:
    """Returns a PNG of `count` axes, at most `MOST_COLUMNS` in a row.

    Args:
        count: At least 1.
        size: Width and height of each of the axes, in inches.
        draw_axes: Draws on the figure's axes.
        extra_height: Height below all axes that `draw_axes` needs, in inches.
        share_axes: Whether all axes have the same ranges and scale.
    """
    # The figure and its axes.
    columns = min(count, MOST_COLUMNS)
    rows = -(-count // columns)
    picture = Figure(
        figsize=(size[0] * columns, size[1] * rows + extra_height),
        dpi=_DOTS_PER_INCH,
        layout="constrained",
        facecolor=_PAPER,
    )
    grid = picture.subplots(
        rows, columns, squeeze=False, sharex=share_axes, sharey=share_axes
    ).ravel()
    for axes in grid[count:]:
        axes.remove()
    draw_axes(picture, list(grid[:count]))

    # Colors, sizes and fonts.
    for index, axes in enumerate(picture.axes):
        if share_axes:
            # By default only the last row has labels, and it may not be full.
            axes.tick_params(labelbottom=index >= count - columns)
        axes.set_facecolor(_PAPER)
        axes.tick_params(which="both", colors=_INK, labelsize=8)
        axes.title.set(color=_INK, fontsize=10, parse_math=False)
        axes.xaxis.label.set(color=_INK, fontsize=8.5)
        axes.spines[:].set_color(_GRID)
    texts = picture.findobj(Text)
    families = fonts.families("".join(text.get_text() for text in texts))
    for text in texts:
        text.set_fontfamily(families)
    file = io.BytesIO()
    FigureCanvasAgg(picture).print_png(file)
    return file.getvalue()


def side_by_side(titles: Sequence[str], pictures: Sequence[bytes]) -> bytes:
    """Returns a PNG of several PNG pictures, each under its title."""

    def draw_axes(figure: Figure, all_axes: list[Axes]) -> None:
        del figure
        for axes, title, picture in zip(all_axes, titles, pictures, strict=True):
            axes.imshow(read_png(picture))
            axes.set_title(short(title))
            axes.set_axis_off()

    return panels(len(pictures), (4, 4.4), draw_axes)


def short(label: str) -> str:
    """Returns a label in characters that fonts have; a long one is shortened to its two ends."""
    text = fonts.readable(label)
    if (width := fonts.width(text)) <= _LABEL_WIDTH:
        return text
    kept = _LABEL_WIDTH * len(text) // width - 1
    return f"{text[: kept // 2]}…{text[-(kept - kept // 2) :]}"


def look(style: int) -> tuple[str, str, str]:
    """Returns the color, dashes and marker of a line style."""
    return (
        COLORS[style % len(COLORS)],
        _DASHES[style % len(_DASHES)],
        _MARKERS[style % len(_MARKERS)],
    )


def _draw_chart(axes: Axes, chart: Chart) -> dict[str, Artist | Container]:
    """Draws a chart and returns label -> handle."""
    handles: dict[str, Artist | Container] = {}
    values = [np.asarray(line.y, float) for line in chart.lines]

    # Lines, errors and the reference line.
    for line, y in zip(chart.lines, values, strict=True):
        color, dash, marker = look(line.style)
        if line.is_band and line.errors is not None:
            error = np.asarray(line.errors)
            axes.fill_between(line.x, y - error, y + error, color=color, alpha=0.15, linewidth=0)
        handles[line.label] = axes.errorbar(
            line.x,
            np.where(np.isfinite(y), y, np.nan),
            yerr=None if line.is_band else line.errors,
            color=color,
            linestyle=dash,
            linewidth=1.6,
            elinewidth=1,
            capsize=2,
            marker=marker if len(y) <= _MOST_MARKED_POINTS else None,
            markersize=3.5,
        )
    if chart.reference_line is not None:
        label, level = chart.reference_line
        handles[label] = axes.axhline(level, color=_INK, linewidth=1, linestyle=(0, (1, 3)))
        values.append(np.array([level]))

    # Scale of the vertical axis.
    finite = np.concatenate(values)
    finite = finite[np.isfinite(finite)]
    if not chart.is_linear and len(finite) and 0 < finite.min() < finite.max() / _LOG_RATIO:
        axes.set_yscale("log", nonpositive="mask")
        # A range may not contain a power of ten.
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")

    # Title and frame.
    lines = (textwrap.wrap(line, _TITLE_WIDTH) for line in fonts.readable(chart.title).splitlines())
    axes.set_title("\n".join(itertools.chain(*lines)))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return handles
