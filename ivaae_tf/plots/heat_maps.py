"""Heat maps of matrices with entries of at least 0, on one color scale."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ivaae_tf.plots import charts

_SIZE = (4.2, 3.5)  # Inches.
_HIGHEST_SHOWN = 2.0  # Limited, so that huge entries do not hide the others.


def draw(matrices: Sequence[np.ndarray], titles: Sequence[str]) -> bytes:
    """Returns a PNG of heat maps with one color bar.

    Args:
        matrices: At least one, of shape (d, d).
        titles: One for each.
    """
    largest = max(matrix[np.isfinite(matrix)].max(initial=0) for matrix in matrices)
    top = float(np.clip(largest, 1, _HIGHEST_SHOWN))

    def draw_axes(figure: Figure, all_axes: list[Axes]) -> None:
        for axes, title, matrix in zip(all_axes, titles, matrices, strict=True):
            shown = axes.imshow(matrix, vmin=0, vmax=top, cmap="viridis")
            axes.set_title(charts.short(title))
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(integer=True))
        is_clipped = any((matrix > top).any() for matrix in matrices)
        figure.colorbar(shown, ax=all_axes, extend="max" if is_clipped else "neither")

    return charts.panels(len(matrices), _SIZE, draw_axes)
