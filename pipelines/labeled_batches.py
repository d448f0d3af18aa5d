"""Batches of a few labeled training images, for models that learn from labels."""

import hashlib

import numpy as np
import tensorflow as tf

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize
from pipelines.batches import resized, stored_labels
from pipelines.images import transforms
from pipelines.records.image_dataset import ImageDataset

_OTHER_SEED = 2**32  # is added, so that the choice is independent of the other randomness


@tf.autograph.experimental.do_not_convert
def labeled_batches(
    dataset: ImageDataset,
    *,
    image_size: ImageSize,
    batch_size: int,
    num_labels: int | None,
    seed: int,
    first_batch: int = 0,
    dtype: str = "float32",
    horizontal_flip: bool = False,
) -> tf.data.Dataset:
    """Yields batches of labeled training images, without end; all of these images are in memory.

    Batch i has images that are chosen with replacement, as a function of (seed, i) alone.

    Args:
        dataset: The data set to read.
        image_size: Side of the images in pixels, or (height, width).
        batch_size: Images per batch, over all replicas.
        num_labels: Number of labeled images, as in `stratified`; None for all.
        seed: A non-negative integer.
        first_batch: The number of the batch to begin with.
        dtype: Floating type of the images.
        horizontal_flip: Whether each image is mirrored with a probability of a half.

    Returns:
        Data set of pairs: tensors (batch_size, height, width, channels) in [-1, 1], and int64
        labels (batch_size,).
    """
    numbers = stratified(stored_labels(dataset, "train"), num_labels, seed)
    examples = resized(dataset, "train", image_size, with_labels=True, numbers=numbers)
    found = next(examples.batch(len(numbers)).as_numpy_iterator())
    images, labels = found["image"], found["label"]

    def of_number(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seeds = tf.random.split(tf.stack([seed + _OTHER_SEED, number]), 2)
        index = tf.random.stateless_uniform([batch_size], seeds[0], 0, len(images), tf.int64)
        batch = tf.numpy_function(images.__getitem__, [index], images.dtype, stateful=False)
        batch = tf.ensure_shape(batch, (batch_size, *images.shape[1:]))
        if horizontal_flip:
            batch = transforms.flip_half(batch, seeds[1])
        return dataset.kind.scale(batch, dtype), tf.gather(labels, index)

    return tf.data.Dataset.counter(first_batch).map(of_number, tf.data.AUTOTUNE)


def stratified(labels: np.ndarray, num_labels: int | None, seed: int) -> np.ndarray:
    """Returns the numbers of labeled images, as many of each class as possible, ascending.

    They are chosen by a hash of the seed and of the number of each image, so that more labels are
    a superset.

    Args:
        labels: The label of each image, shape (n,); −1 for none.
        num_labels: Number of labeled images; None for all.
        seed: The seed.
    """
    labeled = np.flatnonzero(labels >= 0)
    order = labeled[np.argsort([_hash(seed, number) for number in labeled.tolist()])]
    rank_in_class = np.empty(len(order), np.int64)
    for label in np.unique(labels[order]):
        is_of_class = labels[order] == label
        rank_in_class[is_of_class] = np.arange(is_of_class.sum())
    return np.sort(order[np.argsort(rank_in_class, kind="stable")[:num_labels]])


def _hash(seed: int, number: int) -> int:
    digest = hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def check_labels(dataset: ImageDataset, num_categories: int, num_labels: int | None) -> None:
    """Checks that the training images have as many labels as are needed.

    Raises:
        UserError: If there are no labels, other classes than categories, or too few labels.
    """
    clusters = "--num_labels=0 makes clusters, without labels"
    if not dataset.num_classes:
        raise UserError(f"--num_categories: {dataset.name} has no labels; {clusters}")
    if dataset.num_classes != num_categories:
        raise UserError(
            f"--num_categories={num_categories} must be {dataset.num_classes}, the number of "
            f"classes of {dataset.name}; {clusters}"
        )
    num_labeled = int((stored_labels(dataset, "train") >= 0).sum())
    found = num_labeled if num_labels is None else num_labels
    if not num_categories <= found <= num_labeled:
        raise UserError(
            f"--num_labels must be between {num_categories}, the number of classes, and "
            f"{num_labeled}, the number of labeled training images of {dataset.name}; found {found}"
        )
