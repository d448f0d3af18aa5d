"""Grids of images, and PNG files."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines.atomic import replace_when_complete


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


def save_png(path: Path, picture: np.ndarray) -> None:
    """Writes a picture as PNG, uint8 of shape (height, width, 1 or 3)."""
    if picture.shape[-1] == 1:
        picture = picture[..., 0]
    with replace_when_complete(path) as temporary:
        Image.fromarray(picture).save(temporary)
