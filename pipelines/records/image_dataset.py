"""A data set, described from its records."""

import dataclasses
import functools
import hashlib
import json
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import PICTURE_CHANNELS, ImageSize, in_words, sides
from pipelines.images import transforms
from pipelines.records.kinds import IMAGES, Kind

# Longer side in pixels of the center that is kept before the resize; by default the largest.
CENTRAL_CROPS = {"celeb_a": 140}


class Label(NamedTuple):
    """A class or a truth value in each record: the number of its values, and their names."""

    num_classes: int
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ImageDataset:
    """A data set with existing records.

    Attributes:
        name: The name as the user gave it.
        channels: 1 (grayscale) or 3.
        num_classes: Number of classes; None without labels.
        crop: Longer side in pixels of the center that is kept; None for the largest one.
        fingerprint: Short hexadecimal string that changes with the content of the records.
        splits: "train" and "validation" -> the part of the records, in TFDS's notation.
        builder: The TFDS builder that reads the records.
        image_key: Name of the image in a record.
        label_key: Name of the label in a record, with a / for each level; None without labels.
        chosen_label: The label if the user chose it, else None.
        fit: How images get the ratio of their size, "crop", "pad" or "stretch".
        reading: Keeps other processes from replacing the records while it exists.
        kind: How examples are scaled and named.
    """

    name: str
    channels: int
    num_classes: int | None
    crop: int | None
    fingerprint: str
    splits: dict[str, str]
    builder: tfds.core.DatasetBuilder
    image_key: str
    label_key: str | None
    chosen_label: str | None = None
    fit: str = "crop"
    reading: object = dataclasses.field(default=None, repr=False, compare=False)
    kind: Kind = IMAGES

    @property
    def has_pictures(self) -> bool:
        """Whether an example is a picture."""
        return self.channels in PICTURE_CHANNELS

    def shape(self, image_size: ImageSize) -> tuple[int, ...]:
        """Returns the shape of an example of a size: (height, width, channels)."""
        return (*sides(image_size), self.channels)

    def conditions(self, image_size: ImageSize) -> dict[str, Any]:
        """Returns the conditions of scores of images of a size."""
        return {
            "data": self.fingerprint,
            "image_size": in_words(image_size),
            "crop": self.crop,
        }

    def names_of(self, split: str) -> Sequence[str]:
        """Returns the names of the images of a split: their positions in it."""
        return [f"{split}[{position}]" for position in range(self.num_images(split))]

    def examples(self, split: str, *keys: str) -> tf.data.Dataset:
        """Reads parts of the records of a split in their order; images stay encoded."""
        is_read = functools.reduce(operator.or_, map(_nested, keys))
        skipped = {key: tfds.decode.SkipDecoding() for key in keys if key == self.image_key}
        return self.builder.as_dataset(
            split=self.splits[split],
            decoders=tfds.decode.PartialDecoding(is_read, decoders=skipped),
            read_config=tfds.ReadConfig(try_autocache=False, skip_prefetch=True),
        )

    def fitted(self, stored: tf.Tensor, ratio: tuple[int, int]) -> tf.Tensor:
        """Returns an image of `examples` with a ratio of height and width, uint8."""
        return transforms.decode_and_fit(stored, self.channels, self.crop, self.fit, ratio)

    @property
    def cache_folder(self) -> Path | None:
        """The folder for the resized images, beside the records."""
        return Path(self.builder.data_dir).parent / "pixels"

    def num_images(self, split: str) -> int:
        """Returns the number of images in the split "train" or "validation"."""
        return self.builder.info.splits[self.splits[split]].num_examples

    def stored_shape(self, ratio: tuple[int, int]) -> tuple[int | None, int | None]:
        """Returns (height, width) of the images of `fitted`; None for several sizes."""
        height, width, _ = self._image_shape
        if height is None or width is None:
            return None, None
        blank = tf.zeros((height, width, 1), tf.uint8)
        return tuple(transforms.fitted(blank, self.crop, self.fit, ratio).shape[:2])

    @property
    def has_classes(self) -> bool:
        """Whether there are at least two classes."""
        return (self.num_classes or 0) > 1

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, by their labels; none without labels.

        Raises:
            UserError: If earlier versions have stored names of which TFDS changes or drops some.
        """
        if self.label_key is None:
            return ()
        names = self._labels[self.label_key].names
        if not len(names) == len(set(names)) == self.num_classes:
            raise UserError(
                f"{self.builder.data_dir} has {self.num_classes} classes, but the names "
                f"{', '.join(map(repr, names))}, because some cannot be stored; "
                "`ivaae prepare --overwrite` reports which to rename"
            )
        return names

    def with_label(self, label: str | None) -> "ImageDataset":
        """Returns the data set with another label, a class or a truth value; None for the same.

        Args:
            label: The name in a record, or the end of it, such as Smiling.

        Raises:
            UserError: If the records have no such label.
        """
        if label is None:
            return self
        keys = [key for key in self._labels if label in (key, key.rpartition("/")[2])]
        if not keys:
            raise UserError(
                f"--label={label}: {self.name} has no such label; "
                f"it has {', '.join(key.rpartition('/')[2] for key in self._labels) or 'none'}"
            )
        num_classes = self._labels[keys[0]].num_classes
        return dataclasses.replace(
            self, label_key=keys[0], chosen_label=keys[0], num_classes=num_classes
        )

    @property
    def _image_shape(self) -> tuple[int | None, int | None, int | None]:
        return self.builder.info.features[self.image_key].shape

    @property
    def _labels(self) -> dict[str, Label]:
        return labels(self.builder.info.features)

    def with_fit(self, fit: str, crop: int | None = None) -> "ImageDataset":
        """Returns the data set with images that are fitted to their size in another way.

        Its fingerprint is another, so that no cache and no run takes one for the other.

        Args:
            fit: "crop", "pad" or "stretch".
            crop: Longer side of the center in pixels; None for the data set's own.
        """
        if crop is not None and crop != self.crop:
            return dataclasses.replace(
                self, crop=crop, fingerprint=f"{self.fingerprint}-crop{crop}"
            )
        if fit == "crop":
            return self
        fingerprint = f"{self.fingerprint}-{fit}"
        return dataclasses.replace(self, fit=fit, crop=None, fingerprint=fingerprint)

    @property
    def description(self) -> dict[str, Any]:
        """The data set as JSON types, for the record of a run."""
        return {
            "name": self.name,
            "full_name": self.builder.info.full_name,
            "records": str(Path(self.builder.data_dir).absolute()),
            "fingerprint": self.fingerprint,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "crop": self.crop,
            "splits": dict(self.splits),
            "num_images": {split: self.num_images(split) for split in self.splits},
            **({"label": self.chosen_label} if self.chosen_label else {}),
        }


def from_builder(name: str, builder: tfds.core.DatasetBuilder) -> ImageDataset:
    """Returns the data set with its image feature, label feature and splits chosen.

    Raises:
        UserError: If the records have no usable images or no split "train".
    """
    features = builder.info.features
    usable = image_keys(name, features)
    image_key = "image" if "image" in usable else usable[0]
    classes = [key for key, each in features.items() if isinstance(each, tfds.features.ClassLabel)]
    label_key = classes[0] if classes else None
    return ImageDataset(
        name=name,
        channels=features[image_key].shape[-1] or 3,
        num_classes=features[label_key].num_classes if label_key else None,
        crop=CENTRAL_CROPS.get(name.split("/")[0]),
        fingerprint=_fingerprint(builder.info),
        splits=_splits(name, builder.info.splits),
        builder=builder,
        image_key=image_key,
        label_key=label_key,
    )


def labels(features: Any, prefix: str = "") -> dict[str, Label]:
    """Returns the classes and truth values of records by their keys, also those within others."""
    found: dict[str, Label] = {}
    for name, feature in features.items():
        key = prefix + name
        if isinstance(feature, tfds.features.FeaturesDict):
            found |= labels(feature, f"{key}/")
        elif isinstance(feature, tfds.features.ClassLabel):
            found[key] = Label(feature.num_classes, tuple(feature.names))
        elif feature.shape == () and feature.np_dtype == np.bool_:
            found[key] = Label(2, (f"not {name}", name))
    return found


def image_keys(name: str, features: tfds.features.FeatureConnector | None) -> list[str]:
    """Returns the names of the features that are 8-bit images of 1 or 3 channels.

    Raises:
        UserError: If there are none.
    """
    available = features if isinstance(features, tfds.features.FeaturesDict) else {}
    usable = [key for key, feature in available.items() if _is_plain_image(feature)]
    if not usable:
        raise UserError(
            f"--dataset={name} has no images of 8 bits with 1 or 3 channels; it has "
            f"{', '.join(available) or 'no named features'}"
        )
    return usable


def _is_plain_image(feature: tfds.features.FeatureConnector) -> bool:
    return (
        type(feature) is tfds.features.Image  # Its subclasses are masks.
        and feature.np_dtype == np.uint8
        and feature.shape[-1] in (None, 1, 3)
    )


def _nested(key: str) -> dict[str, Any]:
    """Returns {"a": {"b": True}} for a/b."""
    first, _, rest = key.partition("/")
    return {first: _nested(rest) if rest else True}


def _fingerprint(info: tfds.core.DatasetInfo) -> str:
    """Hashes the digest in the records' metadata, or else the version and the sizes."""
    try:
        facts = info.metadata["digest"]
    except KeyError:
        sizes = {
            name: [split.num_bytes, *split.shard_lengths] for name, split in info.splits.items()
        }
        facts = [info.full_name, sizes]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _splits(name: str, available: tfds.core.splits.SplitDict) -> dict[str, str]:
    """Chooses the splits for training and validation."""
    if "train" not in available:
        raise UserError(f"--dataset={name} has no split train; it has {', '.join(available)}")
    for held_out in ("validation", "test"):
        if held_out in available:
            return {"train": "train", "validation": held_out}
    num_images = available["train"].num_examples
    boundary = num_images - max(1, num_images // 10)
    return {"train": f"train[:{boundary}]", "validation": f"train[{boundary}:]"}
