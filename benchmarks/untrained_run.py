"""Runs of untrained models, for commands whose time does not depend on the weights."""

import shutil
from pathlib import Path

from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import make_model, make_optimizers
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.settings import Settings
from pipelines.records.image_dataset import ImageDataset


def write(folder: Path, dataset: ImageDataset, settings: Settings) -> InterventionAutoencoder:
    """Writes the folder of a run before its first step, in place of an old one.

    Returns:
        The model.
    """
    shutil.rmtree(folder, ignore_errors=True)
    model = make_model(settings, (settings.image_size, settings.image_size, dataset.channels))
    model.compile(
        **make_optimizers(settings, settings.steps_per_epoch(dataset.num_images("train")))
    )
    run = RunDirectory(folder)
    run.record_or_check(RunRecord.of(settings, dataset, model))
    run.save_last(model)
    return model
