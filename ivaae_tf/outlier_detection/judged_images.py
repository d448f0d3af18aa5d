"""The images that `ivaae outliers` judges: files of a folder, or a split of a run's data."""

import itertools
from collections.abc import Iterator

import tensorflow as tf

from ivaae_tf.outlier_detection.costs import Batch
from pipelines.batches import evaluation_batches
from pipelines.image_dataset import ImageDataset
from pipelines.images import unscale
from pipelines.named_images import NamedFolder

_BATCH_SIZE = 100


def of_folder(folder: NamedFolder, dataset: ImageDataset, image_size: int) -> Iterator[Batch]:
    """Yields the images of a folder, processed like those of the data set.

    The kind of an image is its first-level subfolder, "." without one.
    """
    for names, images in folder.batches(
        image_size=image_size,
        channels=dataset.channels,
        crop=dataset.crop,
        fit=dataset.fit,
        batch_size=_BATCH_SIZE,
    ):
        kinds = [name.partition("/")[0] if "/" in name else "." for name in names]
        yield Batch(names, kinds, images)


def of_split(dataset: ImageDataset, split: str, image_size: int) -> Iterator[Batch]:
    """Yields the images of a split, named by their places in it; the kind is the class."""
    has_labels = dataset.label_key is not None
    batches = evaluation_batches(
        dataset, split, image_size=image_size, batch_size=_BATCH_SIZE, with_labels=has_labels
    )
    places = itertools.count()
    for element in batches:
        images, labels = element if has_labels else (element, None)
        names = [f"{split}[{next(places)}]" for _ in range(len(images))]
        kinds = [""] * len(names) if labels is None else _class_names(dataset, labels)
        yield Batch(names, kinds, unscale(images).numpy())


def _class_names(dataset: ImageDataset, labels: tf.Tensor) -> list[str]:
    names = dataset.class_names
    # TFDS has −1 for images without a label.
    return [names[label] if label >= 0 else "" for label in labels.numpy().tolist()]
