"""A data set of images that are a NumPy array in memory."""

import dataclasses
import functools
import hashlib
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.program.errors import UserError
from pipelines.images import transforms
from pipelines.records.image_dataset import ImageDataset, Label
from pipelines.sources import arrays

NAME = "memory"
WHOLE = "images"  # the split of all images, in the order of the array

_READ_TOGETHER = 64  # images


# The keyword-only fields come after the defaults of the other fields.
@dataclasses.dataclass(frozen=True, kw_only=True)
class ArrayDataset(ImageDataset):
    """Images in memory, of which a tenth is held out.

    Attributes:
        images: Shape (n, height, width, channels), as `arrays.prepare` expects them, with any
            number of channels.
        labels: Numbers of the classes, shape (n,), int64, −1 for none; None without labels.
        names: The names of the classes.
    """

    images: np.ndarray = dataclasses.field(repr=False, compare=False)
    labels: np.ndarray | None = dataclasses.field(repr=False, compare=False)
    names: tuple[str, ...]

    def examples(self, split: str, *keys: str) -> tf.data.Dataset:
        """Reads the images of a split, and their labels."""
        numbers = places(len(self.images), split)
        shape, has_labels = self.images.shape[1:], self.label_key in keys

        def read(batch: tf.Tensor) -> dict[str, tf.Tensor]:
            found = tf.numpy_function(self._read, [batch], self.kind.dtype, stateful=False)
            example = {"image": tf.ensure_shape(found, (None, *shape))}
            return {**example, "label": tf.gather(self.labels, batch)} if has_labels else example

        batches = tf.data.Dataset.from_tensor_slices(numbers).batch(_READ_TOGETHER)
        examples = batches.map(read, tf.data.AUTOTUNE).unbatch()
        return examples.apply(tf.data.experimental.assert_cardinality(len(numbers)))

    def _read(self, numbers: np.ndarray) -> np.ndarray:
        """Returns examples by their places in the array."""
        return arrays.to_levels(self.images[numbers])

    def like(self, other: ImageDataset) -> ImageDataset:
        """Returns the images, processed like the images of another data set.

        Raises:
            UserError: If it has other channels.
        """
        if self.channels != other.channels:
            found = f"the images have {self.channels} channel(s)"
            raise UserError(f"{found}, expected {other.channels or 'rows of numbers'}")
        return self.with_fit(other.fit, other.crop)

    def fitted(self, stored: tf.Tensor, ratio: tuple[int, int]) -> tf.Tensor:
        """Returns an image with a ratio of height and width, uint8."""
        return transforms.fitted(stored, self.crop, self.fit, ratio)

    @property
    def cache_folder(self) -> None:
        """There is no folder."""

    def num_images(self, split: str) -> int:
        """Returns the number of images in a split."""
        return len(places(len(self.images), split))

    @property
    def _image_shape(self) -> tuple[int, int, int]:
        return self.images.shape[1:]

    @property
    def _labels(self) -> dict[str, Label]:
        return {} if self.labels is None else {"label": Label(len(self.names), self.names)}

    @property
    def description(self) -> dict[str, Any]:
        """The data set as JSON types, for the record of a run."""
        return {
            "name": self.name,
            "records": "",
            "fingerprint": self.fingerprint,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "num_images": {split: self.num_images(split) for split in self.splits},
        }


def open_array(images: Any, labels: Any = None, *, fewest: int = 2) -> ArrayDataset:
    """Returns the data set of an array, which must not be changed while it is used.

    Args:
        images: As `arrays.prepare` expects them, with any number of channels.
        labels: One integer or string for each image, −1 or "" for none; None without labels.
        fewest: Least number of images.

    Raises:
        UserError: If they are not such an array.
    """
    array = arrays.checked_images("the array", np.asarray(images), any_channels=True, fewest=fewest)
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    for image in array:
        digest.update(np.ascontiguousarray(image).tobytes())
    return ArrayDataset(
        **numbered(labels, len(array), digest),
        name=NAME,
        channels=array.shape[3],
        crop=None,
        splits={"train": "train", "validation": "validation"},
        builder=None,
        image_key="image",
        images=array,
    )


def numbered(labels: Any, num_examples: int, digest: Any) -> dict[str, Any]:
    """Returns the fields of an `ArrayDataset` on labels, and its fingerprint.

    Args:
        labels: As for `open_array`.
        num_examples: The number of examples.
        digest: A hash of the examples, which gets the labels.
    """
    numbers, names = None, []
    if labels is not None:
        texts = arrays.checked_labels("the array", np.asarray(labels), num_examples)
        digest.update("\n".join(texts).encode())
        names = arrays.class_names(texts)
        number_of = {name: number for number, name in enumerate(names)}
        numbers = np.array([number_of.get(text, -1) for text in texts.tolist()], np.int64)
    return {
        "labels": numbers,
        "names": tuple(names),
        "num_classes": None if labels is None else len(names),
        "label_key": None if labels is None else "label",
        "fingerprint": digest.hexdigest()[:16],
    }


@functools.lru_cache(maxsize=16)
def places(num_examples: int, split: str) -> np.ndarray:
    """Returns the places of a split's examples, in the order of the hashes of these."""
    everything = range(num_examples)
    if split == WHOLE:
        return np.array(everything)
    order = sorted(everything, key=lambda place: hashlib.sha256(str(place).encode()).digest())
    num_first = num_examples - max(1, num_examples // 10)
    return np.array(order[:num_first] if split == "train" else order[num_first:])
