"""Figures of the studies."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from ivaae_tf.methods import METHODS
from ivaae_tf.plots import charts
from results.statistics import front_at, pareto_front

GRAY = "#8a9199"  # of what is not a method


def style_of(method: str) -> int:
    """Returns the number of a method's look, the same in all figures."""
    return list(METHODS).index(method)


def mean_line(
    method: str,
    curves: Sequence[tuple[Sequence[int], Sequence[float]]],
    between: tuple[float, float] = (-np.inf, np.inf),
) -> charts.Line:
    """Returns the line of a method: the mean of its curves, one for each seed, at the same places.

    Args:
        method: Name of the method.
        curves: Places and values of each seed, at least one.
        between: The lowest and the highest mean that is drawn; others are gaps.
    """
    places, _ = curves[0]
    means = np.mean([values for _, values in curves], axis=0)
    low, high = between
    drawn = np.where((means >= low) & (means <= high), means, np.nan)
    return charts.Line(method, style_of(method), places, drawn.tolist())


# Points of a method and a seed: (first score, second score) of each weight.
Points = Sequence[tuple[float, float]]

_SIZE = (5.2, 4.2)  # inches


def trade_off(panels: Mapping[str, Mapping[str, Sequence[Points]]], x_label: str) -> bytes:
    """Returns a PNG with one panel for each second score, both axes logarithmic.

    A dot is a run. A line is the mean over seeds of the logarithm of the Pareto fronts, a band goes
    from the lowest to the highest seed.

    Args:
        panels: Label of the second score -> method -> the points of each seed.
        x_label: Label of the first score.
    """

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        for axes, (label, methods) in zip(all_axes, panels.items(), strict=True):
            for method, seeds in methods.items():
                color, dash, marker = charts.look(style_of(method))
                x, y = np.array([point for points in seeds for point in points]).T
                axes.scatter(x, y, s=9, marker=marker, color=color, alpha=0.55, linewidths=0)
                ends = np.array([[front[0][0], front[-1][0]] for front in map(pareto_front, seeds)])
                grid = np.geomspace(ends[:, 0].max(), ends.max(), 200)
                fronts = np.array([front_at(points, grid) for points in seeds])
                mean = np.exp(np.log(fronts).mean(axis=0))
                axes.plot(grid, mean, dash, color=color, label=method)
                if len(seeds) > 1:
                    axes.fill_between(
                        grid, fronts.min(axis=0), fronts.max(axis=0), color=color, alpha=0.15, lw=0
                    )
            axes.set(xscale="log", yscale="log", xlabel=x_label, title=label)
            # A range of less than a factor of ten has hardly a power of ten.
            axes.xaxis.set_major_locator(MaxNLocator(8))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 4, 6)))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter("{x:g}")
            axes.grid(alpha=0.4, linewidth=0.5)
        handles, labels = all_axes[0].get_legend_handles_labels()
        picture.legend(
            handles, labels, loc="outside lower center", ncols=6, frameon=False, fontsize=8.5
        )

    return charts.panels(len(panels), _SIZE, draw, extra_height=0.4)


def dots(groups: Mapping[str, tuple[Points, Points]], x_label: str, y_label: str) -> bytes:
    """Returns a PNG with a dot for each run; the second axis is logarithmic.

    Args:
        groups: Label -> its points that are hollow, and those that are filled.
        x_label: Label of the first score.
        y_label: Label of the second score.
    """

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        (axes,) = all_axes
        for style, (label, (hollow, filled)) in enumerate(groups.items()):
            color, _, marker = charts.look(style)
            for points, face in ((hollow, "white"), (filled, color)):
                x, y = np.array(points).reshape(-1, 2).T
                axes.plot(x, y, marker, color=color, markerfacecolor=face, markersize=6)
            axes.plot([], [], marker, color=color, label=label)
        axes.set(yscale="log", xlabel=x_label, ylabel=y_label)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter("{x:g}")
        axes.grid(alpha=0.4, linewidth=0.5)
        picture.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)

    return charts.panels(1, (5.6, 4), draw, extra_height=0.5)
