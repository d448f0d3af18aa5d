"""Batches of images for training, and notices printed before it."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.layers.categories import BATCH_NAMES
from ivaae_tf.layers.labels import ComponentLabels, Labels
from ivaae_tf.program.errors import UserError
from ivaae_tf.setting_fields import whole_batches
from ivaae_tf.settings import AUTO, Settings
from ivaae_tf.training.loop import Position
from pipelines import batches
from pipelines.labeled_batches import labeled_batches
from pipelines.records.image_dataset import ImageDataset

_NUM_VALIDATION_IMAGES = 2000  # for the validation loss and the pictures of codes


def validation_batches(
    dataset: ImageDataset, settings: Settings, with_labels: bool = False
) -> tf.data.Dataset:
    """Returns the batches of validation images, and perhaps their labels, cached in memory."""
    return batches.evaluation_batches(
        dataset,
        "validation",
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        num_images=_NUM_VALIDATION_IMAGES,
        with_labels=with_labels or settings.batches_have_labels,
    ).cache()


@tf.autograph.experimental.do_not_convert
def training_batches(
    dataset: ImageDataset,
    settings: Settings,
    position: Position,
    cache: str,
    report: Callable[[str], None],
) -> tf.data.Dataset:
    """Returns endless batches, starting at a position.

    Args:
        dataset: The data.
        settings: The settings of the run.
        position: The position.
        cache: Value of --cache.
        report: Prints the chosen cache.
    """
    if cache == "auto":
        cache, reason = batches.choose_cache(dataset, settings.image_size)
        report(f"--cache={cache} is chosen: {reason}")
    dtype = keras.config.dtype_policy().compute_dtype
    images = batches.training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=position.epoch,
        first_batch=position.step,
        cache=cache,
        shuffle_buffer=settings.shuffle_buffer,
        horizontal_flip=settings.horizontal_flip,
        dtype=dtype,
        with_labels=settings.batches_have_labels,
    )
    if not settings.learns_labels:
        return images
    steps_per_epoch = whole_batches(dataset.num_images("train"), settings.batch_size)
    labeled = labeled_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.labeled_batch_size,
        num_labels=settings.num_labels,
        seed=settings.seed,
        first_batch=position.epoch * steps_per_epoch + position.step,
        horizontal_flip=settings.horizontal_flip,
        dtype=dtype,
    )

    def together(images: tf.Tensor, labeled: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        return dict(zip(BATCH_NAMES, (images, *labeled), strict=True))

    return tf.data.Dataset.zip(images, labeled).map(together)


def labels_of(dataset: ImageDataset, settings: Settings) -> Labels | ComponentLabels | None:
    """Returns the labels of a conditional model, with their shares of the training images.

    With a prior by label, these are labels of its components; for another model, None.

    Raises:
        UserError: If the data have no labels of different classes.
    """
    if not settings.batches_have_labels:
        return None
    names = dataset.class_names
    if len(names) < 2:
        found = f"only {names[0]}" if names else "none"
        flag = "--conditional" if settings.conditional else "--prior_by_label"
        raise UserError(f"{flag} needs data with at least 2 labels; found {found}")
    if settings.prior_by_label:
        return ComponentLabels(names)
    # Moves −1, an image without a label, to the end.
    stored = batches.stored_labels(dataset, "train") % (len(names) + 1)
    counts = np.bincount(stored, minlength=len(names) + 1)
    return Labels(names, (counts / len(stored)).tolist())


def print_notices(
    settings: Settings,
    epochs: int,
    evaluator: Evaluator | None,
    extractor: str,
    report: Callable[[str], None],
) -> None:
    """Prints notes about unused decay epochs, and about scores that may be unexpected.

    Args:
        settings: The settings of the run.
        epochs: Value of --epochs.
        evaluator: The evaluator during training, if there is one.
        extractor: Value of --extractor.
        report: Prints a line.
    """
    if late := [epoch for epoch in settings.lr_decay_epochs if epoch >= epochs]:
        report(
            f"--lr_decay_epochs: no decay at {', '.join(map(str, late))}, because training ends "
            f"at --epochs={epochs}"
        )
    if evaluator is not None and extractor == AUTO and evaluator.has_classes_of_subfolders:
        report(
            f"the {evaluator.dataset.num_classes} subfolders are used as classes, and a "
            "classifier of these compares images; --extractor=none computes only FLD"
        )
    if evaluator is None or evaluator.extractor is not None:
        return
    if not settings.method_row.has_encoder:
        report(
            f"there will be no best.keras, because --extractor={extractor} gives no network for "
            f"comparing images, and {settings.method} has no codes to score"
        )
    else:
        report(
            "best.keras is the checkpoint with the lowest FLD, because "
            f"--extractor={extractor} gives no network for comparing images; use "
            "--extractor=keras_inception or --inception_graph=FILE for more scores"
        )
