"""What a training begins with: its images in batches, and lines about what may surprise."""

import keras
import tensorflow as tf

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.settings import AUTO, Settings
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


def print_notices(
    settings: Settings, epochs: int, evaluator: Evaluator | None, extractor: str
) -> None:
    """Prints decay epochs without effect, and a note if FLD is the main score.

    Args:
        settings: The settings of the run.
        epochs: Value of --epochs.
        evaluator: The evaluator during training, if there is one.
        extractor: Value of --extractor.
    """
    if late := [epoch for epoch in settings.lr_decay_epochs if epoch >= epochs]:
        print(
            f"--lr_decay_epochs: no decay at {', '.join(map(str, late))}, because training ends "
            f"at --epochs={epochs}"
        )
    if evaluator is not None and extractor == AUTO and evaluator.has_classes_of_subfolders:
        print(
            f"the {evaluator.dataset.num_classes} subfolders are taken for classes, and a "
            "classifier of them compares images; --extractor=none leaves FLD alone"
        )
    if evaluator is None or evaluator.extractor is not None:
        return
    if not settings.method_row.has_encoder:
        print(
            f"there will be no best.keras, because --extractor={extractor} gives no network for "
            f"comparing images, and {settings.method} has no codes to score"
        )
    else:
        print(
            "best.keras is the checkpoint with the lowest FLD, because "
            f"--extractor={extractor} gives no network for comparing images; use "
            "--extractor=keras_inception or --inception_graph=FILE for more scores"
        )
