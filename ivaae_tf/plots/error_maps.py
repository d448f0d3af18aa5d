"""Contact sheets of images, their reconstructions, and where these differ."""

import matplotlib
import numpy as np

from ivaae_tf.plots.images import image_grid

_COLORS = "magma"  # dark where there is no error


def contact_sheet(
    images: np.ndarray, reconstructions: np.ndarray, num_columns: int = 4
) -> np.ndarray:
    """Returns a picture of triples: image, reconstruction, map of the absolute error.

    Colors of all maps are on one scale, from 0 to the largest error of all images.

    Args:
        images: uint8, shape (n, h, w, 1 or 3), in the order of the sheet.
        reconstructions: The same type and shape.
        num_columns: Triples in a row.
    """
    errors = np.abs(images.astype(np.float64) - reconstructions).mean(axis=-1)
    colors = matplotlib.colormaps[_COLORS](errors / max(errors.max(), 1e-9), bytes=True)[..., :3]
    triples = np.concatenate([_in_color(images), _in_color(reconstructions), colors], axis=2)
    return image_grid(triples, num_columns, gap=4)


def _in_color(images: np.ndarray) -> np.ndarray:
    return np.broadcast_to(images, (*images.shape[:-1], 3))
