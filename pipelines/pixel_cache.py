"""A cache of resized images between epochs, in memory or in a file."""

import hashlib
import math
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.program import digests
from ivaae_tf.program.damaged_files import DamagedFileError
from pipelines.records import writing
from pipelines.workers import memory


def choose(
    folder: Path | None, key: str, *, num_images: int, shape: tuple[int, ...]
) -> tuple[str, str]:
    """Chooses where to keep images; the arguments are as in `on_disk`, with None for no file.

    Returns:
        "memory", the folder or "none", and the reason in words.
    """
    num_bytes = num_images * math.prod(shape)
    size = f"{num_bytes / 1e6:,.0f} MB"
    free = memory.free_memory()
    if num_bytes < free / 4:
        return "memory", f"{size}, and {free / 1e6:,.0f} MB of memory are free"
    if folder is None:
        return "none", f"{size}, too much for memory"
    if _is_whole(_file(folder, key, shape), num_bytes):
        return str(folder), f"{size}, too much for memory, and are already stored"
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return "none", f"{size}, too much for memory, and {existing} cannot be written to"
    if num_bytes < shutil.disk_usage(existing).free / 2:
        return str(folder), f"{size}, too much for memory"
    return "none", f"{size}, too much for memory and for the disk of {existing}"


def in_memory(pixels: tf.data.Dataset, *, num_images: int, shape: tuple[int, ...]) -> np.ndarray:
    """Reads uint8 images into an array (num_images, *shape), with a progress bar."""
    images = np.empty((num_images, *shape), np.uint8)
    first = 0
    for batch in _batches(pixels, "Reading images", num_images):
        images[first : first + len(batch)] = batch
        first += len(batch)
    return images


def on_disk(
    pixels: tf.data.Dataset, folder: Path, key: str, *, num_images: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Writes images to a file unless it exists, and opens it.

    The file holds only the levels of one image after another. It is written whole before the first
    epoch and renamed when it is complete, so that an interrupted run leaves no part of it. An
    existing file is read through once, to compare it with its digest; if that differs or is
    missing, this is reported and the file is written again.

    Args:
        pixels: uint8 images of `shape`, in a fixed order.
        folder: The folder of the file.
        key: A name for the source of the images.
        num_images: Number of images that `pixels` yields.
        shape: (height, width, channels).

    Returns:
        The images in the same order, (num_images, *shape), read from the disk when they are used.

    Raises:
        UserError: If the file cannot be written.
    """
    file = _file(folder, key, shape)

    def write() -> None:
        with digests.replace_with_digest(file) as unfinished, unfinished.open("wb") as stream:
            for batch in _batches(pixels, "Caching images", num_images):
                stream.write(batch.tobytes())

    def is_intact() -> bool:
        try:
            if not _is_whole(file, num_bytes):
                raise DamagedFileError(file, f"it is not a file of {num_bytes} bytes")
            digests.check(file, needed=True)
        except DamagedFileError as error:
            print(f"{error}; written again", file=sys.stderr)
            return False
        return True

    num_bytes = num_images * math.prod(shape)
    writing.ensure(file, write, is_current=is_intact)
    return np.memmap(file, np.uint8, mode="r", shape=(num_images, *shape))


def _batches(pixels: tf.data.Dataset, purpose: str, num_images: int) -> Iterator[np.ndarray]:
    """Yields batches of the images, and updates a progress bar."""
    batches = pixels.batch(64).prefetch(tf.data.AUTOTUNE)
    with tqdm(desc=purpose, total=num_images, unit=" images", mininterval=1) as progress:
        for batch in batches.as_numpy_iterator():
            yield batch
            progress.update(len(batch))


def _file(folder: Path, key: str, shape: tuple[int, ...]) -> Path:
    size = "x".join(map(str, shape))
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}-{size}.uint8"


def _is_whole(file: Path, num_bytes: int) -> bool:
    return file.is_file() and file.stat().st_size == num_bytes
