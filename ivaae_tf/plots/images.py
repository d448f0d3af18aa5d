"""Grids of images, and PNG files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import check_size, parsing
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import PICTURE_CHANNELS

_MOST_BYTES = 2**28  # of a picture


def image_grid(images: np.ndarray, num_columns: int, gap: int = 2) -> np.ndarray:
    """Returns one picture of all images, row by row, with white gaps.

    Args:
        images: uint8, shape (n, height, width, channels), with 1 or 3 channels.
        num_columns: Images in a row, at least 1.
        gap: Pixels between images and around them.

    Returns:
        The picture, uint8, shape (rows·(height+gap)+gap, columns·(width+gap)+gap, channels).
    """
    num_images, height, width, channels = images.shape
    num_rows = -(-num_images // num_columns)
    cells = np.full((num_rows * num_columns, height + gap, width + gap, channels), 255, np.uint8)
    cells[:num_images, gap:, gap:] = images
    cells = cells.reshape(num_rows, num_columns, height + gap, width + gap, channels)
    rows = cells.transpose(0, 2, 1, 3, 4).reshape(
        num_rows * (height + gap), num_columns * (width + gap), channels
    )
    return np.pad(rows, ((0, gap), (0, gap), (0, 0)), constant_values=255)


def read_png(png: bytes) -> np.ndarray:
    """Returns the pixels of a PNG, uint8 of shape (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def read_whole_png(path: Path) -> bytes:
    """Returns the bytes of a PNG file, after a check that all of it can be decoded.

    Raises:
        DamagedFileError: If the file cannot be decoded.
    """
    check_size(path, _MOST_BYTES)
    with parsing(path):
        with Image.open(path, formats=["PNG"]) as picture:
            picture.load()
        return path.read_bytes()


def save_png(path: Path, picture: np.ndarray) -> None:
    """Writes a picture as PNG, uint8 of shape (height, width, 1 or 3).

    Raises:
        UserError: If it has another number of channels.
    """
    if picture.shape[-1] not in PICTURE_CHANNELS:
        raise UserError(f"{path}: a picture has 1 or 3 channels, the images {picture.shape[-1]}")
    if picture.shape[-1] == 1:
        picture = picture[..., 0]
    with replace_when_complete(path) as temporary:
        Image.fromarray(picture).save(temporary)
