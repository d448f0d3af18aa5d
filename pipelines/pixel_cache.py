"""Resized images kept between epochs, in memory or in a file."""

import hashlib
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import tensorflow as tf
from tqdm import tqdm

from pipelines import records
from pipelines.atomic import replace_when_complete

# Where Linux keeps the memory limit of a container, in its two versions of control groups.
_MEMORY_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def choose(num_bytes: int, folder: Path) -> tuple[str, str]:
    """Chooses where images are kept.

    Args:
      num_bytes: what the images take.
      folder: where a file of them would be written; it need not exist.

    Returns:
      "memory", the folder or "none", and the reason in words.
    """
    size = f"{num_bytes / 1e6:,.0f} MB"
    memory = _free_memory()
    if num_bytes < memory / 4:
        return "memory", f"{size}, and {memory / 1e6:,.0f} MB of memory are free"
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    disk = shutil.disk_usage(existing).free
    if num_bytes < disk / 2 and os.access(existing, os.W_OK):
        return str(folder), f"{size}, too much for memory"
    return "none", f"{size}, too much for memory and for the disk of {existing}"


def in_memory(pixels: tf.data.Dataset, *, num_images: int, shape: tuple[int, ...]) -> np.ndarray:
    """Reads uint8 images of `shape` into one array (num_images, *shape), with a progress bar."""
    images = np.empty((num_images, *shape), np.uint8)
    first = 0
    for batch in _batches(pixels, "Reading images", num_images):
        images[first : first + len(batch)] = batch
        first += len(batch)
    return images


def on_disk(
    pixels: tf.data.Dataset, folder: Path, key: str, *, num_images: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Writes images to a file, unless it is there, and opens it.

    The file holds the levels of one image after another and nothing else. It takes its name only
    once it is whole, and it is written at once, not along with the first epoch, so that a run
    that is stopped early leaves no part of it.

    Args:
      pixels: uint8 images of `shape`, in a fixed order.
      folder: where the file lies.
      key: names what the images are made from.
      num_images: how many `pixels` yields.
      shape: (height, width, channels).

    Returns:
      The images in the same order, (num_images, *shape), read from the disk when they are used.

    Raises:
      UserError: the file cannot be written.
    """
    size = "x".join(map(str, shape))
    file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}-{size}.uint8"

    def write() -> None:
        with replace_when_complete(file) as unfinished, unfinished.open("wb") as stream:
            for batch in _batches(pixels, "Caching images", num_images):
                stream.write(batch.tobytes())

    def is_whole() -> bool:
        return file.is_file() and file.stat().st_size == num_images * math.prod(shape)

    records.ensure(file, write, is_current=is_whole)
    return np.memmap(file, np.uint8, mode="r", shape=(num_images, *shape))


def _batches(pixels: tf.data.Dataset, purpose: str, num_images: int) -> Iterator[np.ndarray]:
    """Yields the images, some at a time, and moves a progress bar on."""
    batches = pixels.batch(64).prefetch(tf.data.AUTOTUNE)
    with tqdm(desc=purpose, total=num_images, unit=" images", mininterval=1) as progress:
        for batch in batches.as_numpy_iterator():
            yield batch
            progress.update(len(batch))


def _free_memory() -> int:
    """Returns the bytes that may be taken: what the system has left, or a container may have."""
    limits = [psutil.virtual_memory().available]
    for path in map(Path, _MEMORY_LIMITS):
        text = path.read_text().strip() if path.is_file() else ""
        if text.isdecimal():  # It says "max" where there is none.
            limits.append(int(text))
    return min(limits)
