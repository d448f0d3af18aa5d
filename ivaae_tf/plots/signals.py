"""Line plots of signals, and the pictures of each kind of data."""

from collections.abc import Callable

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ivaae_tf.plots.charts import COLORS
from ivaae_tf.plots.heat_maps import contact_sheet
from ivaae_tf.plots.images import image_grid

_CELL = (1.6, 1.0)  # inches


def line_grid(signals: np.ndarray, num_columns: int) -> np.ndarray:
    """Returns one picture of all signals, row by row, with one scale; channels have colors.

    Args:
        signals: Shape (n, times, channels); NaN leaves a gap.
        num_columns: Signals in a row, at least 1.

    Returns:
        The picture, uint8, shape (height, width, 3).
    """
    num_signals, length, num_channels = signals.shape
    num_rows = -(-num_signals // num_columns)
    row, column = np.divmod(np.arange(num_signals), num_columns)
    low, high = np.nanmin(signals), np.nanmax(signals)
    heights = (signals - low) / max(high - low, 1e-9)

    # Each cell has the side 1, and the first row is at the top.
    x = column[:, np.newaxis] + np.linspace(0.05, 0.95, length)
    y = 0.05 + 0.9 * heights - 1 - row[:, np.newaxis, np.newaxis]
    points = np.stack(
        [
            np.broadcast_to(x[:, np.newaxis], (*x.shape[:1], num_channels, length)),
            y.transpose(0, 2, 1),
        ],
        axis=-1,
    )
    figure = Figure(figsize=(_CELL[0] * num_columns, _CELL[1] * num_rows), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, num_columns), ylim=(-num_rows, 0))
    axes.set_axis_off()
    colors = [COLORS[channel % len(COLORS)] for channel in range(num_channels)] * num_signals
    axes.add_collection(
        LineCollection(list(points.reshape(-1, length, 2)), colors=colors, linewidths=1)
    )
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def line_sheet(signals: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns a picture of triples: signal, reconstruction, error; all of shape (n, times, d)."""
    triples = np.stack([signals, reconstructions, signals - reconstructions], axis=1)
    return line_grid(triples.reshape(-1, *signals.shape[1:]), num_columns=6)


# Kind -> functions that draw examples in columns, and examples beside their reconstructions.
GRIDS: dict[str, Callable[[np.ndarray, int], np.ndarray]]
GRIDS = {"images": image_grid, "signals": line_grid}
SHEETS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]
SHEETS = {"images": contact_sheet, "signals": line_sheet}
