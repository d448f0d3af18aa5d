"""Batches of a split's images with a progress bar, and the codes of labeled batches."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.program.image_sizes import ImageSize
from pipelines.batches import evaluation_batches
from pipelines.records.image_dataset import ImageDataset

LabeledBatches = Iterable[tuple[tf.Tensor, tf.Tensor]]  # images in [−1, 1], and labels


def image_batches(
    dataset: ImageDataset,
    split: str,
    image_size: ImageSize,
    purpose: str,
    num_images: int | None = None,
    batch_size: int = 100,
    with_labels: bool = False,
) -> Iterable[Any]:
    """Returns the first `num_images` of a split, or all, in batches with a progress bar.

    Args:
        dataset: The data.
        split: "train" or "validation".
        image_size: Side of the images in pixels, or (height, width).
        purpose: Text before the bar.
        num_images: Maximum number of images; None for all.
        batch_size: Images in a batch.
        with_labels: Whether a batch is a pair of images and labels.
    """
    batches = evaluation_batches(
        dataset,
        split,
        image_size=image_size,
        batch_size=batch_size,
        num_images=num_images,
        with_labels=with_labels,
    )
    total = min(dataset.num_images(split), num_images or np.inf)
    return progress(batches, purpose, -(-int(total) // batch_size))


def labeled_codes(
    encode: Callable[[tf.Tensor], tf.Tensor], batches: LabeledBatches
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the codes (n, d) and the labels (n,) of the images that have a label."""
    found = [(encode(images).numpy(), labels.numpy()) for images, labels in batches]
    codes, labels = (np.concatenate(each) for each in zip(*found, strict=True))
    return codes[labels >= 0], labels[labels >= 0]


def progress(batches: Iterable, purpose: str, total: int | None = None) -> Iterable:
    """Returns the batches with a progress bar, which is shown only on a terminal."""
    return tqdm(batches, desc=purpose, total=total, leave=False, disable=None)
