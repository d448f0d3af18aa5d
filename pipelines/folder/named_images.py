"""The images of a folder with their names, to score each one; nothing is recorded."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize, sides
from ivaae_tf.program.shown_text import shown
from pipelines.folder import files
from pipelines.folder.listing import list_folder
from pipelines.folder.scan import print_left_out
from pipelines.images import checking, transforms
from pipelines.images.checking import CheckedImage
from pipelines.workers.pool import WorkerPool


class NamedImages(NamedTuple):
    """Some images of a folder.

    Attributes:
        names: Paths relative to the folder, as lines of UTF-8.
        images: uint8, shape (n, height, width, channels).
    """

    names: list[str]
    images: np.ndarray


class NamedFolder:
    """The usable files of a folder, checked like those that are trained on.

    Args:
        image_folder: Folder with JPEG, PNG, GIF, BMP, WebP and TIFF files at any depth.
        exclude: Folders inside of it whose images are skipped.

    Attributes:
        num_images: Number of usable files.
        refused: (name, reason) of the other files.

    Raises:
        UserError: If the folder is missing or empty, or no file is usable.
    """

    def __init__(self, image_folder: str, exclude: Sequence[str | os.PathLike] = ()):
        listing = list_folder(image_folder, exclude=exclude)
        print_left_out(listing)
        self._folder = listing.folder
        self.refused = [(shown(name), reason) for name, reason in listing.refused]
        names = list(listing.names)
        checked: dict[int, CheckedImage] = {}
        with WorkerPool(checking.__name__) as pool:
            found = files.check(pool, self._folder, names)
            for index, result in _progress(found, "checking images", len(names)):
                if isinstance(result, str):
                    self.refused.append((shown(names[index]), result))
                else:
                    checked[index] = result
        self._checked = [checked[index] for index in sorted(checked)]
        if not self._checked:
            name, reason = self.refused[0]
            raise UserError(
                f"--image_folder={image_folder} holds no usable image; {name}: {reason}"
            )

    @property
    def names(self) -> Iterator[str]:
        """The usable files, as lines of UTF-8."""
        return (shown(image.name) for image in self._checked)

    @property
    def num_images(self) -> int:
        """The number of usable files."""
        return len(self._checked)

    def batches(
        self,
        *,
        image_size: ImageSize,
        channels: int,
        batch_size: int,
        crop: int | None = None,
        fit: str = "crop",
    ) -> Iterator[NamedImages]:
        """Yields the images in the order of their names, cropped and resized as for training.

        Args:
            image_size: Side in pixels, or (height, width).
            channels: 1 or 3.
            batch_size: Number of images in a batch.
            crop: Longer side of the center of "crop" in pixels; None for the largest one.
            fit: How images get the ratio of `image_size`, "crop", "pad" or "stretch".

        Raises:
            UserError: If a file has changed since it was checked.
        """
        ratio = sides(image_size)

        @tf.function(reduce_retracing=True, autograph=False)
        def read(encoded: tf.Tensor, is_gray: bool) -> tf.Tensor:
            if channels == 3 or is_gray:  # TensorFlow does not decode every color file to gray.
                image = transforms.decode_and_fit(encoded, channels, crop, fit, ratio)
            else:
                color = transforms.decode_and_fit(encoded, 3, crop, fit, ratio)
                image = tf.image.rgb_to_grayscale(color)
            return transforms.resize(image, image_size)

        for start in _progress(range(0, self.num_images, batch_size), "images"):
            group = self._checked[start : start + batch_size]
            pixels = [
                read(tf.constant(files.read(self._folder, image)), image.grayscale).numpy()
                for image in group
            ]
            yield NamedImages([shown(image.name) for image in group], np.stack(pixels))


def _progress(items, purpose: str, total: int | None = None):
    return tqdm(items, desc=purpose, total=total, leave=False, disable=None)
