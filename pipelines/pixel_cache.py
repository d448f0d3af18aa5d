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

# Linux's control groups, by which a container's memory is limited, in their two versions: a folder,
# its files of the limit and of what is used, and the name of what could be given back at once.
_CONTROL_GROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def choose(folder: Path, key: str, *, num_images: int, shape: tuple[int, ...]) -> tuple[str, str]:
    """Chooses where images are kept; the arguments are those of `on_disk`.

    Returns:
      "memory", the folder or "none", and the reason in words.
    """
    num_bytes = num_images * math.prod(shape)
    size = f"{num_bytes / 1e6:,.0f} MB"
    memory = _free_memory()
    if num_bytes < memory / 4:
        return "memory", f"{size}, and {memory / 1e6:,.0f} MB of memory are free"
    if _is_whole(_file(folder, key, shape), num_bytes):
        return str(folder), f"{size}, too much for memory, and are there already"
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return "none", f"{size}, too much for memory, and {existing} cannot be written to"
    if num_bytes < shutil.disk_usage(existing).free / 2:
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
    file = _file(folder, key, shape)

    def write() -> None:
        with replace_when_complete(file) as unfinished, unfinished.open("wb") as stream:
            for batch in _batches(pixels, "Caching images", num_images):
                stream.write(batch.tobytes())

    num_bytes = num_images * math.prod(shape)
    records.ensure(file, write, is_current=lambda: _is_whole(file, num_bytes))
    return np.memmap(file, np.uint8, mode="r", shape=(num_images, *shape))


def _batches(pixels: tf.data.Dataset, purpose: str, num_images: int) -> Iterator[np.ndarray]:
    """Yields the images, some at a time, and moves a progress bar on."""
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


def _free_memory() -> int:
    """Returns the bytes that may be taken: what the system has left, or a container may have."""
    free = [psutil.virtual_memory().available]
    for folder, limit_file, used_file, reclaimable in _CONTROL_GROUPS:
        if not Path(folder, limit_file).is_file():
            continue
        limit = Path(folder, limit_file).read_text().strip()
        if limit.isdecimal():  # It says "max" where there is none.
            used = int(Path(folder, used_file).read_text())
            lines = Path(folder, "memory.stat").read_text().splitlines()
            statistics = dict(line.split() for line in lines)
            free.append(int(limit) - used + int(statistics[reclaimable]))
    return min(free)
