"""Folders of random images, and the images that their records hold."""

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image


def fill(path, count, start=0, mode="RGB"):
    """Writes different random images into a folder, and returns the folder."""
    path.mkdir(parents=True, exist_ok=True)
    for index in range(start, start + count):
        pixels = np.random.default_rng(index).integers(0, 256, (8, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).convert(mode).save(path / f"{index:03}.png")
    return path


def stored(records):
    """Returns the encoded images of each split."""
    builder = tfds.builder_from_directory(records)
    decoders = {"image": tfds.decode.SkipDecoding()}
    return {
        split: {
            bytes(example["image"])
            for example in builder.as_dataset(split, decoders=decoders).as_numpy_iterator()
        }
        for split in builder.info.splits
    }
