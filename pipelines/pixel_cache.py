"""Resized images kept on disk between epochs and between runs."""

import hashlib
import math
from pathlib import Path

import tensorflow as tf
from tqdm import tqdm

from pipelines import records
from pipelines.atomic import replace_when_complete


def on_disk(
    pixels: tf.data.Dataset, folder: Path, key: str, *, num_images: int, shape: tuple[int, ...]
) -> tf.data.Dataset:
    """Writes images to a file, unless it is there, and reads them from it.

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
      Data set of the same images in the same order.

    Raises:
      UserError: the file cannot be written.
    """
    size = "x".join(map(str, shape))
    file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}-{size}.uint8"
    num_bytes = math.prod(shape)

    def write() -> None:
        with replace_when_complete(file) as unfinished, unfinished.open("wb") as stream:
            for image in tqdm(
                pixels.as_numpy_iterator(),
                desc="Caching images",
                total=num_images,
                unit=" images",
                mininterval=1,
            ):
                stream.write(image.tobytes())

    def is_whole() -> bool:
        return file.is_file() and file.stat().st_size == num_images * num_bytes

    records.ensure(file, write, is_current=is_whole)
    levels = tf.data.FixedLengthRecordDataset(str(file), num_bytes)
    return levels.map(lambda record: tf.reshape(tf.io.decode_raw(record, tf.uint8), shape))
