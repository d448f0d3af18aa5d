"""Heat maps of matrices, and of the errors of reconstructions."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ivaae_tf.plots import charts
from ivaae_tf.plots.images import image_grid

_SIZE = (4.2, 3.5)  # Inches.
_HIGHEST_SHOWN = 2.0  # Limited, so that huge entries do not hide the others.
_ERROR_COLORS = "magma"  # dark where there is no error


def draw(matrices: Sequence[np.ndarray], titles: Sequence[str]) -> bytes:
    """Returns a PNG of heat maps with one color bar.

    Args:
        matrices: At least one, of shape (d, d), with entries of at least 0.
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


def contact_sheet(
    images: np.ndarray, reconstructions: np.ndarray, num_columns: int = 4
) -> np.ndarray:
    """Returns a picture of triples: image, reconstruction, map of the absolute error.

    All maps share one color scale, from 0 to the largest error.

    Args:
        images: uint8, shape (n, h, w, 1 or 3), in the order of the sheet.
        reconstructions: The same type and shape.
        num_columns: Triples in a row.
    """
    errors = np.abs(images.astype(np.float64) - reconstructions).mean(axis=-1)
    shares = errors / max(errors.max(), 1e-9)
    colors = matplotlib.colormaps[_ERROR_COLORS](shares, bytes=True)[..., :3]
    triples = np.concatenate([_in_color(images), _in_color(reconstructions), colors], axis=2)
    return image_grid(triples, num_columns, gap=4)


def _in_color(images: np.ndarray) -> np.ndarray:
    return np.broadcast_to(images, (*images.shape[:-1], 3))
