"""Names of data sets -> batches of images as `tf.data` pipelines."""

from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from pipelines import folder, images, pixel_cache, tfds_source
from pipelines.errors import UserError
from pipelines.image_dataset import ImageDataset, from_builder

SHUFFLE_BUFFER = 16384
"""Images, resized and of 8 bits, among which the next one is drawn: 201 MB of 64×64 in color."""


def open_dataset(
    name: str,
    *,
    data_dir: str,
    image_folder: str | None = None,
    manual_dir: str | None = None,
    overwrite: bool = False,
) -> ImageDataset:
    """Opens the records of a data set, and prepares them where they are missing.

    Args:
      name: "digits", "folder" or an image data set of TFDS.
      data_dir: where record folders lie.
      image_folder: the user's images, for "folder" only.
      manual_dir: where original files lie that TFDS need not, or cannot, download.
      overwrite: prepare again what is there.

    Raises:
      UserError: there is no such data set, it holds no images, or it cannot be prepared.
    """
    if (name == "folder") != (image_folder is not None):
        raise UserError(
            "--dataset=folder needs --image_folder, a folder of images"
            if name == "folder"
            else f"--image_folder={image_folder} needs --dataset=folder, found --dataset={name}"
        )
    if image_folder is not None:
        path = folder.prepare(image_folder, data_dir, overwrite=overwrite)
    else:
        path = tfds_source.prepare(name, data_dir, manual_dir=manual_dir, overwrite=overwrite)
    return from_builder(name, tfds.builder_from_directory(path))


def open_records(name: str, path: str) -> ImageDataset:
    """Opens records where they are known to lie, as `ImageDataset.description` says.

    Args:
      name: of the data set.
      path: folder of its records.

    Raises:
      UserError: there are no such records.
    """
    try:
        return from_builder(name, tfds.builder_from_directory(path))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} holds no records of {name}") from error


def choose_cache(dataset: ImageDataset, image_size: int) -> tuple[str, str]:
    """Chooses where the resized training images are kept, by what they take and what is free.

    Returns:
      A `cache` of `training_batches` (a folder is beside the records), and the reason in words.
    """
    num_images = dataset.num_images("train")
    cache, reason = pixel_cache.choose(
        Path(dataset.builder.data_dir).parent / "pixels",
        _cache_key(dataset),
        num_images=num_images,
        shape=(image_size, image_size, dataset.channels),
    )
    return cache, f"{num_images:,} resized images are {reason}"


def training_batches(
    dataset: ImageDataset,
    *,
    image_size: int = 64,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
    cache: str = "none",
    shuffle_buffer: int = SHUFFLE_BUFFER,
    dtype: str = "float32",
    drop_remainder: bool = True,
) -> tf.data.Dataset:
    """Yields the training images, epoch after epoch, without end.

    The order of the images in an epoch is a function of (seed, epoch) alone: neither of the
    cache, nor of TensorFlow's global seed, nor of where the run began. An epoch has
    `dataset.num_images("train") // batch_size` batches.

    Args:
      dataset: what to read.
      image_size: side of the images in pixels.
      batch_size: images a batch; over all replicas, if there are several.
      seed: non-negative integer.
      first_epoch: number of the epoch to begin with.
      cache: of the resized images, in 8 bits: "none", "memory", or a folder to keep them in; see
        `choose_cache`.
      shuffle_buffer: images among which the next one is drawn. In epochs of more than that, the
        order also depends on it.
      dtype: floating type of the images.
      drop_remainder: leave out what does not fill a batch at the end of an epoch.

    Returns:
      Data set of tensors (batch_size, image_size, image_size, channels) in [-1, 1].

    Raises:
      UserError: the batch is larger than the training split, or the cache cannot be written.
    """
    num_images = dataset.num_images("train")
    if batch_size > num_images:
        raise UserError(
            f"--batch_size={batch_size} is more than the {num_images} training images of "
            f"{dataset.name}"
        )
    shape = (image_size, image_size, dataset.channels)
    pixels = _resized(dataset, "train", image_size).map(lambda example: example["image"])
    kept = _kept(pixels, cache, dataset, shape)

    def shuffled(elements: tf.data.Dataset, epoch: tf.Tensor) -> tf.data.Dataset:
        # `shuffle` mixes in the seed of the graph that it stands in: that of this function.
        tf.random.set_seed(1)
        key = tf.stack([tf.constant(seed, tf.int64), epoch])
        shuffle_seed = tf.random.stateless_uniform([], key, 0, 2**31 - 1, tf.int64)
        order = elements.shuffle(
            min(shuffle_buffer, num_images), shuffle_seed, reshuffle_each_iteration=False
        )
        return order.batch(batch_size, drop_remainder=drop_remainder)

    epochs = tf.data.Dataset.counter(first_epoch)
    if kept is None:
        # Unlike `flat_map` it begins with the next epochs' elements while one is used, so that no
        # epoch waits until its buffer is full.
        batches = epochs.interleave(
            lambda epoch: shuffled(pixels, epoch),
            cycle_length=1,
            num_parallel_calls=1,
            deterministic=True,
        )
    else:
        # Numbers take no time to shuffle, and are in the same order as the images would be.
        numbers = tf.data.Dataset.range(num_images)
        batches = epochs.flat_map(lambda epoch: shuffled(numbers, epoch)).map(
            lambda batch: tf.ensure_shape(
                tf.numpy_function(kept.__getitem__, [batch], tf.uint8, stateful=False),
                (batch_size if drop_remainder else None, *shape),
            ),
            tf.data.AUTOTUNE,
        )
    return _finish(batches.map(lambda batch: images.scale(batch, dtype), tf.data.AUTOTUNE))


def _kept(
    pixels: tf.data.Dataset, cache: str, dataset: ImageDataset, shape: tuple[int, int, int]
) -> np.ndarray | None:
    """Returns the training images in memory or on disk, None where they are not kept."""
    if cache == "none":
        return None
    num_images = dataset.num_images("train")
    if cache == "memory":
        return pixel_cache.in_memory(pixels, num_images=num_images, shape=shape)
    key = _cache_key(dataset)
    return pixel_cache.on_disk(pixels, Path(cache), key, num_images=num_images, shape=shape)


def _cache_key(dataset: ImageDataset) -> str:
    return f"{dataset.name}-{dataset.fingerprint}-{dataset.crop}-{dataset.splits['train']}"


def evaluation_batches(
    dataset: ImageDataset,
    split: str,
    *,
    image_size: int = 64,
    batch_size: int,
    num_images: int | None = None,
    dtype: str = "float32",
    with_labels: bool = False,
) -> tf.data.Dataset:
    """Yields the images of a split once, in the order of the records.

    Args:
      dataset: what to read.
      split: "train" or "validation".
      image_size: side of the images in pixels.
      batch_size: images a batch; the last one holds what remains.
      num_images: how many to yield, from the first; None for all.
      dtype: floating type of the images.
      with_labels: also yield the labels.

    Returns:
      Data set of tensors (batch, image_size, image_size, channels) in [-1, 1], or of pairs of
      them and int64 labels (batch,).

    Raises:
      ValueError: labels of a data set that has none.
    """
    if with_labels and dataset.label_key is None:
        raise ValueError(f"data set {dataset.name} has no labels")
    examples = _resized(dataset, split, image_size, with_labels=with_labels)
    if num_images is not None:
        examples = examples.take(num_images)

    def finish(example: dict[str, tf.Tensor]) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        scaled = images.scale(example["image"], dtype)
        return (scaled, example["label"]) if with_labels else scaled

    return _finish(examples.batch(batch_size).map(finish, tf.data.AUTOTUNE))


def _resized(
    dataset: ImageDataset, split: str, image_size: int, *, with_labels: bool = False
) -> tf.data.Dataset:
    """Reads {"image": uint8 (image_size, image_size, channels)[, "label"]} in records' order."""
    label_key = dataset.label_key if with_labels else None
    keys = [dataset.image_key, *([] if label_key is None else [label_key])]
    examples = dataset.builder.as_dataset(
        split=dataset.splits[split],
        decoders=tfds.decode.PartialDecoding(
            dict.fromkeys(keys, True), decoders={dataset.image_key: tfds.decode.SkipDecoding()}
        ),
        read_config=tfds.ReadConfig(try_autocache=False, skip_prefetch=True),
    )

    def read(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        encoded = example[dataset.image_key]
        square = images.decode_and_crop(encoded, dataset.channels, dataset.crop)
        result = {"image": images.resize(square, image_size)}
        if label_key is not None:
            result["label"] = example[label_key]
        return result

    return examples.map(read, tf.data.AUTOTUNE)


def _finish(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Sets the same order on any number of threads, and shares batches out over replicas."""
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)
