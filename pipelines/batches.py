"""Batches of a data set's images as `tf.data` pipelines.

AutoGraph does not convert their functions, which have no control flow that depends on tensors: that
would take longer than the first epoch of a small data set.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize, sides
from pipelines import pixel_cache
from pipelines.images import transforms
from pipelines.records.image_dataset import ImageDataset

# Resized 8-bit images from which the next one is drawn: 201 MB for 64×64 in color.
SHUFFLE_BUFFER = 16384

_RESIZED_TOGETHER = 64  # images of one size


def choose_cache(dataset: ImageDataset, image_size: ImageSize) -> tuple[str, str]:
    """Chooses the cache of the training images by their size and the free space.

    Returns:
        The `cache` for `training_batches` (a folder is beside the records), and the reason.
    """
    if not dataset.kind.are_images:
        return "none", "the rows are in memory"
    num_images = dataset.num_images("train")
    cache, reason = pixel_cache.choose(
        dataset.cache_folder,
        _cache_key(dataset),
        num_images=num_images,
        shape=dataset.shape(image_size),
    )
    return cache, f"{num_images:,} resized images are {reason}"


@tf.autograph.experimental.do_not_convert
def training_batches(
    dataset: ImageDataset,
    *,
    image_size: ImageSize = 64,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
    first_batch: int = 0,
    cache: str = "none",
    shuffle_buffer: int = SHUFFLE_BUFFER,
    dtype: str = "float32",
    drop_remainder: bool = True,
    horizontal_flip: bool = False,
    with_labels: bool = False,
) -> tf.data.Dataset:
    """Yields the training images, epoch after epoch, without end.

    The order of the images in an epoch depends on (seed, epoch) alone: not on the cache, on
    TensorFlow's global seed, or on the first epoch.

    Args:
        dataset: The data set to read.
        image_size: Side of the images in pixels, or (height, width).
        batch_size: Images per batch, over all replicas.
        seed: A non-negative integer.
        first_epoch: The number of the epoch to begin with.
        first_batch: The number of the batch in that epoch to begin with. With a cache, only numbers
            are skipped; without one, the skipped images are read.
        cache: Place of the resized 8-bit images: "none", "memory" or a folder; see `choose_cache`.
        shuffle_buffer: Number of images from which the next one is drawn. The order also depends
            on it if an epoch has more images.
        dtype: Floating type of the images.
        drop_remainder: Whether to drop the last batch of an epoch if it is smaller.
        horizontal_flip: Whether each image is mirrored with a probability of a half, as a function
            of the seed and the number of the batch.
        with_labels: Whether to yield labels too.

    Returns:
        Data set of tensors (batch_size, height, width, channels) in [-1, 1], or of pairs of such a
        tensor and int64 labels (batch_size,).

    Raises:
        UserError: If the batch is larger than the training split, or the cache cannot be written.
    """
    num_images = dataset.num_images("train")
    if batch_size > num_images:
        raise UserError(
            f"--batch_size={batch_size} is more than the {num_images} training images of "
            f"{dataset.name}"
        )
    shape = dataset.shape(image_size)
    examples = resized(dataset, "train", image_size, with_labels=with_labels)
    pixels = examples.map(lambda example: example["image"])
    kept = _kept(pixels, cache, dataset, shape)

    def shuffled(elements: tf.data.Dataset, epoch: tf.Tensor) -> tf.data.Dataset:
        # `shuffle` mixes in the seed of its graph, which is the graph of this function.
        tf.random.set_seed(1)
        key = tf.stack([tf.constant(seed, tf.int64), epoch])
        shuffle_seed = tf.random.stateless_uniform([], key, 0, 2**31 - 1, tf.int64)
        order = elements.shuffle(
            min(shuffle_buffer, num_images), shuffle_seed, reshuffle_each_iteration=False
        )
        return order.batch(batch_size, drop_remainder=drop_remainder)

    epochs = tf.data.Dataset.counter(first_epoch)
    if kept is None:
        # Unlike `flat_map`, it reads the next epoch's elements during an epoch, so that no epoch
        # waits until its buffer is full.
        batches = epochs.interleave(
            lambda epoch: shuffled(examples, epoch),
            cycle_length=1,
            num_parallel_calls=1,
            deterministic=True,
        ).skip(first_batch)
    else:
        # Numbers are shuffled faster than images, and in the same order.
        numbers = tf.data.Dataset.range(num_images)
        numbers_of_batches = epochs.flat_map(lambda epoch: shuffled(numbers, epoch))
        labels = {"label": stored_labels(dataset, "train")} if with_labels else {}

        def read(batch: tf.Tensor) -> dict[str, tf.Tensor]:
            images = tf.numpy_function(kept.__getitem__, [batch], tf.uint8, stateful=False)
            shape_of_batch = (batch_size if drop_remainder else None, *shape)
            images = tf.ensure_shape(images, shape_of_batch)
            return {"image": images, **{key: tf.gather(labels[key], batch) for key in labels}}

        batches = numbers_of_batches.skip(first_batch).map(read, tf.data.AUTOTUNE)
    if horizontal_flip:
        steps = num_images // batch_size if drop_remainder else -(-num_images // batch_size)
        numbered = batches.enumerate(first_epoch * steps + first_batch)

        def flip(number: tf.Tensor, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            return {
                **batch,
                "image": transforms.flip_half(batch["image"], tf.stack([seed, number])),
            }

        batches = numbered.map(flip, tf.data.AUTOTUNE)
    return _finish(batches.map(functools.partial(_scaled, dataset, dtype), tf.data.AUTOTUNE))


def _scaled(
    dataset: ImageDataset, dtype: str, batch: dict[str, tf.Tensor]
) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
    """Returns the images of a batch, or a pair with its labels if it has some."""
    images = dataset.kind.scale(batch["image"], dtype)
    return (images, batch["label"]) if "label" in batch else images


def _kept(
    pixels: tf.data.Dataset, cache: str, dataset: ImageDataset, shape: tuple[int, ...]
) -> np.ndarray | None:
    """Returns the training images in memory or on disk, or None without a cache."""
    if cache == "none" or not dataset.kind.are_images:
        return None
    num_images = dataset.num_images("train")
    if cache == "memory":
        return pixel_cache.in_memory(pixels, num_images=num_images, shape=shape)
    key = _cache_key(dataset)
    return pixel_cache.on_disk(pixels, Path(cache), key, num_images=num_images, shape=shape)


def _cache_key(dataset: ImageDataset) -> str:
    return f"{dataset.name}-{dataset.fingerprint}-{dataset.crop}-{dataset.splits['train']}"


@tf.autograph.experimental.do_not_convert
def evaluation_batches(
    dataset: ImageDataset,
    split: str,
    *,
    image_size: ImageSize = 64,
    batch_size: int,
    num_images: int | None = None,
    dtype: str = "float32",
    with_labels: bool = False,
) -> tf.data.Dataset:
    """Yields the images of a split once, in the order of the records.

    Args:
        dataset: The data set to read.
        split: "train" or "validation".
        image_size: Side of the images in pixels, or (height, width).
        batch_size: Images per batch; the last batch may be smaller.
        num_images: Number of images to yield, from the first; None for all.
        dtype: Floating type of the images.
        with_labels: Whether to yield labels too.

    Returns:
        Data set of tensors (batch, height, width, channels) in [-1, 1], or of pairs of
        such a tensor and int64 labels (batch,).

    Raises:
        ValueError: If `with_labels` is True and the data set does not have labels.
    """
    if with_labels and dataset.label_key is None:
        raise ValueError(f"with_labels must be False: {dataset.name} has no labels. Received: True")
    examples = resized(dataset, split, image_size, with_labels=with_labels)
    if num_images is not None:
        examples = examples.take(num_images)
    finish = functools.partial(_scaled, dataset, dtype)
    return _finish(examples.batch(batch_size).map(finish, tf.data.AUTOTUNE))


def stored_labels(dataset: ImageDataset, split: str) -> np.ndarray:
    """Returns the labels of a split, int64 of shape (n,), without reading its images."""
    assert dataset.label_key is not None
    # In batches, because single labels take six times as long.
    examples = dataset.examples(split, dataset.label_key).batch(1024).as_numpy_iterator()
    found = [_at(example, dataset.label_key) for example in examples]
    return np.concatenate([np.empty(0, np.int64), *found])


def resized(
    dataset: ImageDataset,
    split: str,
    image_size: ImageSize,
    *,
    with_labels: bool = False,
    numbers: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Reads {"image": uint8 (height, width, channels)[, "label"]} in stored order.

    With `numbers`, it decodes only the images with these numbers in the split.
    """
    label_key = dataset.label_key if with_labels else None
    examples = dataset.examples(split, dataset.image_key, *filter(None, [label_key]))
    num_images = dataset.num_images(split)
    if numbers is not None:
        is_chosen, num_images = np.isin(np.arange(num_images), numbers), len(numbers)
        chosen = examples.enumerate().filter(lambda number, _: tf.gather(is_chosen, number))
        examples = chosen.map(lambda _, example: example)
    if not dataset.kind.are_images:
        return examples  # They have no size.
    ratio = sides(image_size)
    stored = dataset.stored_shape(ratio)

    def read(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        image = dataset.fitted(example[dataset.image_key], ratio)
        result = {"image": tf.ensure_shape(image, (*stored, dataset.channels))}
        if label_key is not None:
            result["label"] = tf.cast(_at(example, label_key), tf.int64)
        return result

    def resized_by(resize: Callable[[tf.Tensor, ImageSize], tf.Tensor]) -> Callable[[dict], dict]:
        return lambda example: {**example, "image": resize(example["image"], image_size)}

    images = examples.map(read, tf.data.AUTOTUNE)
    if None in stored:
        return images.map(resized_by(transforms.resize), tf.data.AUTOTUNE)
    together = images.batch(_RESIZED_TOGETHER)
    resized = together.map(resized_by(transforms.resize_batch), tf.data.AUTOTUNE).unbatch()
    # `unbatch` forgets it, and Keras warns of data that end without a cardinality.
    return resized.apply(tf.data.experimental.assert_cardinality(num_images))


def _at(example: dict[str, Any], key: str) -> tf.Tensor:
    """Returns example["a"]["b"] for a/b."""
    return functools.reduce(lambda part, name: part[name], key.split("/"), example)


def _finish(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Makes the order independent of threads, and splits batches over replicas."""
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
