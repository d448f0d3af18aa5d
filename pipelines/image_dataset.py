"""What a data set is, read off its records."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from pipelines.errors import UserError

# Side in pixels of the central square that is kept before the resize; of others the largest.
CENTRAL_CROPS = {"celeb_a": 140}


@dataclasses.dataclass(frozen=True)
class ImageDataset:
    """A data set whose records are there.

    Attributes:
      name: as it was asked for.
      channels: 1 (grayscale) or 3.
      num_classes: of its labels; None without labels.
      crop: see `Settings`.
      fingerprint: short hexadecimal string that changes with the content of the records.
      splits: "train" and "validation" -> the part of the records, in TFDS's notation.
      builder: reads the records.
      image_key: name of the image in a record.
      label_key: name of the label in a record; None without labels.
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

    def num_images(self, split: str) -> int:
        """Number of images in the split "train" or "validation"."""
        return self.builder.info.splits[self.splits[split]].num_examples

    @property
    def description(self) -> dict[str, Any]:
        """Plain facts for the record of a run."""
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
        }


def from_builder(name: str, builder: tfds.core.DatasetBuilder) -> ImageDataset:
    """Chooses what to read of records.

    Args:
      name: of the data set, as it was asked for.
      builder: reads the records.

    Raises:
      UserError: they hold no images, or nothing to train on.
    """
    features = builder.info.features
    usable = image_keys(name, features)
    image_key = "image" if "image" in usable else usable[0]
    labels = [key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)]
    label_key = labels[0] if labels else None
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


def image_keys(name: str, features: tfds.features.FeatureConnector | None) -> list[str]:
    """Names the features that are images of 8 bits with 1 or 3 channels.

    Args:
      name: of the data set.
      features: of its records.

    Raises:
      UserError: there are none.
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


def _fingerprint(info: tfds.core.DatasetInfo) -> str:
    """Hashes a digest of the records' content, where they hold one, or else version and sizes."""
    try:
        facts = info.metadata["digest"]
    except KeyError:
        sizes = {
            name: [split.num_bytes, *split.shard_lengths] for name, split in info.splits.items()
        }
        facts = [info.full_name, sizes]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _splits(name: str, available: tfds.core.splits.SplitDict) -> dict[str, str]:
    """Chooses what to train on and what to validate with."""
    if "train" not in available:
        raise UserError(f"--dataset={name} has no split train; it has {', '.join(available)}")
    for held_out in ("validation", "test"):
        if held_out in available:
            return {"train": "train", "validation": held_out}
    num_images = available["train"].num_examples
    boundary = num_images - max(1, num_images // 10)
    return {"train": f"train[:{boundary}]", "validation": f"train[{boundary}:]"}
