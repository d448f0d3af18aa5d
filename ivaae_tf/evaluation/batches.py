"""Batches of a split's images with a progress bar."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from tqdm import tqdm

from ivaae_tf.program.image_sizes import ImageSize
from pipelines.batches import evaluation_batches
from pipelines.records.image_dataset import ImageDataset


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


def progress(batches: Iterable, purpose: str, total: int | None = None) -> Iterable:
    """Returns the batches with a progress bar, which is shown only on a terminal."""
    return tqdm(batches, desc=purpose, total=total, leave=False, disable=None)
