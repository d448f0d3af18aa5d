"""Picture of two-dimensional codes, colored by class."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from matplotlib.patheffects import withStroke

from ivaae_tf.plots import charts, fonts

_SIZE = (4.2, 4.2)  # Inches.
_DEVIATIONS = 2  # from the mean of a component to its ellipse
_UNKNOWN_COLOR = "#c8ccd0"


def draw(
    codes: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    means: np.ndarray,
    covariances: np.ndarray,
) -> bytes:
    """Returns a PNG of codes and of ellipses at two deviations of the components of their prior.

    A component has the color and the name of its class.

    Args:
        codes: Shape (n, 2).
        labels: Classes from 0, gray for other numbers, shape (n,).
        names: Of the k classes.
        means: Of the components, shape (k, 2).
        covariances: Shape (k, 2, 2).
    """
    colors = matplotlib.colormaps["tab10" if len(names) <= 10 else "turbo"].resampled(len(names))

    def draw_axes(figure: Figure, all_axes: list[Axes]) -> None:
        del figure
        (axes,) = all_axes
        axes.set_title(f"{len(codes):,} codes, {_DEVIATIONS} standard deviations of the prior")
        axes.set_aspect("equal")
        is_class = (labels >= 0) & (labels < len(names))
        of_points = np.where(
            is_class[:, np.newaxis], colors(labels), matplotlib.colors.to_rgba(_UNKNOWN_COLOR)
        )
        axes.scatter(codes[:, 0], codes[:, 1], s=2.5, c=of_points, linewidths=0)
        for number, (name, (x, y)) in enumerate(zip(names, means, strict=True)):
            values, vectors = np.linalg.eigh(covariances[number])
            width, height = 2 * _DEVIATIONS * np.sqrt(values)
            angle = np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0]))
            axes.add_patch(
                Ellipse(
                    (x, y),
                    width,
                    height,
                    angle=angle,
                    fill=False,
                    edgecolor=colors(number),
                    linewidth=1.2,
                )
            )
            axes.text(
                x,
                y,
                charts.short(fonts.readable(name)),
                ha="center",
                va="center",
                fontsize=11,
                fontweight="bold",
                parse_math=False,
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )

    return charts.panels(1, _SIZE, draw_axes)
