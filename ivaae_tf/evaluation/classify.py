"""Categories of images: a table with the probability of each, and a picture."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.special
import tensorflow as tf

from ivaae_tf.api.options import ClassifyOptions
from ivaae_tf.evaluation import named_batches
from ivaae_tf.evaluation.outliers.costs import Batch
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.plots import files
from ivaae_tf.plots.images import save_png
from ivaae_tf.plots.signals import GRIDS
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.folder.named_images import NamedFolder
from pipelines.records.kinds import Kind
from pipelines.sources import arrays_in_memory

_NUM_IMAGES = 9  # of a category in the picture, after its head


class Classified(NamedTuple):
    """The categories of images.

    Attributes:
        table: Columns of the same length, in the order of the images: file; class, the name of the
            most probable class, or the number of the cluster; its probability; and the entropy of
            the probabilities in nats.
        picture: A row for each category: its head, the decoded category with the point 0, and then
            the images with the highest probabilities of it, uint8; None if they have no pictures.
        refused: Files that are not images, each with the reason.
    """

    table: Mapping[str, np.ndarray]
    picture: np.ndarray | None
    refused: list[tuple[str, str]]


def classify(
    run: RunDirectory,
    images: arrays_in_memory.ArrayDataset | None,
    options: ClassifyOptions,
    *,
    data: Mapping[str, Any],
) -> Classified:
    """Returns the categories of images.

    Args:
        run: The folder of a run with categories.
        images: The images, if they are in memory; None for the folder or split of the options.
        options: The images.
        data: Arguments of `RunDirectory.open_dataset`, with the folder of the records.

    Raises:
        UserError: If the run has no categories, or the images cannot be read.
    """
    record = run.read_record()
    settings = record.settings
    if not settings.num_categories:
        raise UserError(f"--workdir: {run.path} was trained without --num_categories")
    folder = NamedFolder(options.image_folder) if options.image_folder else None
    dataset = run.open_dataset(
        image_folder=options.training_folder, flags={"folder": "--training_folder"}, **data
    )
    found, split = named_batches.source(folder, images, options.split, dataset)
    batches = named_batches.of_source(folder, found, split, settings.image_size)
    model = run.load_best()
    names, probabilities, best = _classified(model, batches, dataset.kind)
    # The record of an older version has no names of classes.
    of_categories = np.array(record.categories or dataset.class_names)
    table = {
        "file": names,
        "class": of_categories[probabilities.argmax(axis=1)],
        "probability": probabilities.max(axis=1),
        "entropy": scipy.special.entr(probabilities).sum(axis=1),  # −Σ p log p
    }
    picture = _picture(model, best, dataset.kind) if dataset.has_pictures else None
    return Classified(table, picture, folder.refused if folder else [])


def write(found: Classified, table: Path | None, picture: Path | None) -> None:
    """Writes the table as CSV and the picture as PNG; None writes nothing.

    Raises:
        UserError: If there is no picture of vectors.
    """
    if picture:
        if found.picture is None:
            raise UserError("--grid shows signals, or images of 1 or 3 channels; found others")
        save_png(picture, found.picture)
    if table:
        rows = zip(*(column.tolist() for column in found.table.values()), strict=True)
        files.save(table, files.to_csv(tuple(found.table), rows))


def _classified(
    model: InterventionAutoencoder, batches: Iterable[Batch], kind: Kind
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Returns names, probabilities (n, K), and the most probable images of each category."""
    num_categories = model.prior.num_categories

    @tf.function(
        input_signature=[tf.TensorSpec((None, *model.image_shape), kind.dtype)], autograph=False
    )
    def probabilities_of(images: tf.Tensor) -> tf.Tensor:
        return model.encode(kind.scale(images))[:, :num_categories]

    names: list[str] = []
    found: list[np.ndarray] = []
    best = [(np.empty(0), np.empty((0, *model.image_shape), np.uint8))] * num_categories
    for batch in batches:
        probabilities = probabilities_of(batch.images).numpy()
        names += batch.names
        found.append(probabilities)
        chosen = probabilities.argmax(axis=1)
        for category, (of_best, images) in enumerate(best):
            own = chosen == category
            candidates = np.concatenate([of_best, probabilities[own, category]])
            order = np.argsort(-candidates, kind="stable")[:_NUM_IMAGES]
            best[category] = candidates[order], np.concatenate([images, batch.images[own]])[order]
    return np.array(names), np.concatenate(found), [images for _, images in best]


def _picture(model: InterventionAutoencoder, best: list[np.ndarray], kind: Kind) -> np.ndarray:
    """Returns a row for each category: its head, then its images; empty where it has fewer."""
    codes = tf.eye(len(best), model.latent_dim)  # y is one-hot, z is 0.
    heads = kind.unscale(model.decode(codes)).numpy()
    empty = 255 if kind.are_images else np.nan
    rows = np.full((len(best), 1 + _NUM_IMAGES, *heads.shape[1:]), empty, heads.dtype)
    rows[:, 0] = heads
    for row, images in zip(rows, best, strict=True):
        row[1 : 1 + len(images)] = images
    return GRIDS[kind.plural](np.concatenate(rows), 1 + _NUM_IMAGES)
