"""Generates pictures with the sizes and the detail of photos."""

from pathlib import Path

import numpy as np
from PIL import Image

_QUALITY = 90
_NUM_DIFFERENT = 32
_CONTRAST, _FALL = 3.0, 0.6  # of the noise at a scale; the files are as large as photos'


def write(folder: Path, num_files: int, size: int) -> None:
    """Writes JPEG pictures of size × ¾ size pixels, unless the folder exists.

    Each picture has noise at all scales, stronger at large scales, as in photos; its file is about
    as large as a photo's. There are 32 different pictures, each with many shifts.
    """
    if folder.exists():
        return
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    shape = (3 * size // 4, size, 3)
    pictures = [_picture(random, shape) for _ in range(_NUM_DIFFERENT)]
    for number in range(num_files):
        shift = number // _NUM_DIFFERENT
        picture = np.roll(pictures[number % _NUM_DIFFERENT], 8 * shift, axis=1)
        Image.fromarray(picture).save(folder / f"{number:06d}.jpg", quality=_QUALITY)


def _picture(random: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Returns a sum of smooth noise of 3, 6, 12, … cells a side, down to single pixels."""
    height, width, _ = shape
    levels = np.full(shape, 128.0)
    num_cells = 3
    while num_cells < 2 * width:
        cells = Image.fromarray(random.integers(0, 256, (num_cells, num_cells, 3), np.uint8))
        smooth = cells.resize((width, height), Image.Resampling.BICUBIC)
        levels += (np.asarray(smooth) - 127.5) * (_CONTRAST / num_cells) ** _FALL
        num_cells *= 2
    return levels.clip(0, 255).astype(np.uint8)
