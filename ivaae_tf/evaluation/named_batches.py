"""Batches of named images, from a folder or from a split of a run's data."""

import itertools
from collections.abc import Iterator

import numpy as np

from ivaae_tf.evaluation.outliers.costs import Batch
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize
from pipelines.batches import evaluation_batches, stored_labels
from pipelines.folder.named_images import NamedFolder
from pipelines.folder.scan import subfolder_of
from pipelines.records.image_dataset import ImageDataset
from pipelines.sources.arrays_in_memory import WHOLE, ArrayDataset

_BATCH_SIZE = 100


def kinds(folder: NamedFolder | None, dataset: ImageDataset, split: str) -> set[str]:
    """Returns the kinds of the images that `of_folder`, or else `of_split`, yields."""
    if folder:
        return set(map(_kind, folder.names))
    if dataset.label_key is None:
        return set()
    return set(_class_names(dataset, np.unique(stored_labels(dataset, split)))) - {""}


def source(
    folder: NamedFolder | None,
    images: ArrayDataset | None,
    split: str | None,
    dataset: ImageDataset,
) -> tuple[ImageDataset, str]:
    """Returns the data set and the split that `of_source` reads, of images for a run.

    Args:
        folder: A folder, whose images are processed like the images of the run.
        images: Images in memory, instead of a folder.
        split: A split of the data of the run, instead of both.
        dataset: The data of the run.

    Raises:
        UserError: If the folder is for a run of other data than images.
    """
    if folder and not dataset.kind.are_images:
        found = dataset.kind.plural
        raise UserError(f"--image_folder has images; the run has {found}, so give --array")
    return (dataset, split or "") if images is None else (images.like(dataset), WHOLE)


def of_source(
    folder: NamedFolder | None, dataset: ImageDataset, split: str, image_size: ImageSize
) -> Iterator[Batch]:
    """Yields the images of a folder, if there is one, or else of a split."""
    if folder:
        return of_folder(folder, dataset, image_size)
    return of_split(dataset, split, image_size)


def of_folder(folder: NamedFolder, dataset: ImageDataset, image_size: ImageSize) -> Iterator[Batch]:
    """Yields the images of a folder, processed like the images of the data set.

    The kind of an image is its first-level subfolder, or "." if it is in no subfolder.
    """
    for names, images in folder.batches(
        image_size=image_size,
        channels=dataset.channels,
        crop=dataset.crop,
        fit=dataset.fit,
        batch_size=_BATCH_SIZE,
    ):
        yield Batch(names, list(map(_kind, names)), images)


def of_split(dataset: ImageDataset, split: str, image_size: ImageSize) -> Iterator[Batch]:
    """Yields the images of a split, named by their positions in it; the kind is the class."""
    has_labels = dataset.label_key is not None
    batches = evaluation_batches(
        dataset, split, image_size=image_size, batch_size=_BATCH_SIZE, with_labels=has_labels
    )
    all_names = iter(dataset.names_of(split))
    for element in batches:
        images, labels = element if has_labels else (element, None)
        names = list(itertools.islice(all_names, len(images)))
        of_classes = [""] * len(names) if labels is None else _class_names(dataset, labels.numpy())
        yield Batch(names, of_classes, dataset.kind.unscale(images).numpy())


def _kind(name: str) -> str:
    return subfolder_of(name) or "."


def _class_names(dataset: ImageDataset, labels: np.ndarray) -> list[str]:
    names = dataset.class_names
    # TFDS has −1 for images without a label.
    return [names[label] if label >= 0 else "" for label in labels.tolist()]
