"""Probe of a finished run: a classifier of its frozen encoder's features."""

from pathlib import Path

import numpy as np

from ivaae_tf.evaluation.studies.frozen_features import training_and_test_features
from ivaae_tf.evaluation.studies.probe_classifier import train_probe
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import stored_labels
from pipelines.records.image_dataset import ImageDataset


def check_dataset(run: RunDirectory, dataset: ImageDataset, batch_size: int) -> None:
    """Checks that a run's data can be probed.

    Raises:
        UserError: If there are no labels of different classes, or fewer images than in a batch.
    """
    has_labels = bool(dataset.num_classes)
    num_found = len(np.unique(stored_labels(dataset, "train"))) if has_labels else 0
    if num_found < 2:
        has = "labels of one class only" if num_found else "no labels for a probe"
        raise UserError(f"--workdir: {run.path} was trained on {dataset.name}, which has {has}")
    num_images = dataset.num_images("train")
    if batch_size > num_images:
        raise UserError(
            f"--batch_size must be at most the {num_images} training images of {dataset.name}; "
            f"found {batch_size}"
        )


def probe_run(
    name: str,
    run: RunDirectory,
    dataset: ImageDataset,
    *,
    folder: Path,
    num_steps: int,
    measure_every: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> list[tuple[int, float]]:
    """Returns the steps and test errors of one run's probe.

    Args:
        name: Name of the run, for the progress bar.
        run: Its folder.
        dataset: Its data, which `check_dataset` accepts.
        folder: Existing folder for temporary features.
        num_steps: Steps of the probe.
        measure_every: Steps between two test errors.
        batch_size: Images per step.
        learning_rate: Learning rate of Adam.
        seed: Seed of the probe and of the order of images.
    """
    settings = run.read_record().settings
    train, test = training_and_test_features(
        run.load_best().encoder,
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        folder=str(folder),
        description=name,
    )
    errors = train_probe(
        train,
        test,
        num_classes=dataset.num_classes or 0,
        num_steps=num_steps,
        measure_every=measure_every,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        description=name,
    )
    return list(errors)
