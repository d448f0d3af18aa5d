"""The images of a training, in batches."""

import keras
import tensorflow as tf

from ivaae_tf.settings import Settings
from ivaae_tf.training.loop import Place
from pipelines import batches
from pipelines.records.image_dataset import ImageDataset

_NUM_VALIDATION_IMAGES = 2000  # for the validation loss and the pictures of codes


def validation_batches(dataset: ImageDataset, settings: Settings) -> tf.data.Dataset:
    """Returns the batches of validation images, kept in memory."""
    return batches.evaluation_batches(
        dataset,
        "validation",
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        num_images=_NUM_VALIDATION_IMAGES,
    ).cache()


def training_batches(
    dataset: ImageDataset, settings: Settings, place: Place, cache: str, is_chief: bool
) -> tf.data.Dataset:
    """Returns the endless batches from a place on.

    Args:
        dataset: The data.
        settings: The settings of the run.
        place: The place.
        cache: Value of --cache.
        is_chief: Whether this process says which cache was chosen.
    """
    if cache == "auto":
        cache, reason = batches.choose_cache(dataset, settings.image_size)
        if is_chief:
            print(f"--cache={cache} is chosen: {reason}")
    return batches.training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=place.epoch,
        first_batch=place.step,
        cache=cache,
        shuffle_buffer=settings.shuffle_buffer,
        horizontal_flip=settings.horizontal_flip,
        dtype=keras.config.dtype_policy().compute_dtype,
    )
