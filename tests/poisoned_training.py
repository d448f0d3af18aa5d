"""Trains a model on images that are NaN once, after the first checkpoint."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from ivaae_tf.api.options import Plan
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.training.checkpointed import again_until_finite, train_and_save
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import resume
from tests.small_models import IMAGE_SHAPE, small_model

STEPS_PER_EPOCH, BATCH_SIZE = 3, 8
BAD_IMAGE = 4 * BATCH_SIZE + 7  # in step 5, in the part of the last worker


class Run(RunDirectory):
    """Run folder that stores restores in memory, without run.json."""

    def __init__(self, path: Path, restores: list[int]):
        super().__init__(path)
        self.reasons: list[str] = []
        self._restores = restores

    def record_restore(self, reason: str, step: int) -> None:
        self.reasons.append(reason)
        self._restores.append(step)

    def restores(self) -> list[int]:
        return self._restores


def train(
    workers: Workers,
    folder: Path,
    num_poisoned: int,
    max_restores: int = 2,
    epochs: int = 2,
    restores: tuple[int, ...] = (),
) -> tuple[Run, InterventionAutoencoder]:
    """Trains in a folder; the first `num_poisoned` attempts have a bad image."""
    run = Run(folder, list(restores))
    with workers.strategy.scope():
        model = small_model("ivaae_radial", FusedAdam, (1e-3, 1e-3, 1e-3))
    shape = (epochs * STEPS_PER_EPOCH * BATCH_SIZE, *IMAGE_SHAPE)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    plan = Plan(epochs=epochs, log_every=1)
    attempts = []

    def attempt() -> None:
        position = resume(model, run, workers, STEPS_PER_EPOCH)
        these = images.copy()
        if len(attempts) < num_poisoned:
            these[BAD_IMAGE] = np.nan
        attempts.append(position)
        batches = tf.data.Dataset.from_tensor_slices(these).batch(BATCH_SIZE, drop_remainder=True)
        batches = batches.skip(position.epoch * STEPS_PER_EPOCH + position.step).repeat()
        watched = tf.data.Dataset.from_tensors(images[:BATCH_SIZE])
        record = {"batch_size": BATCH_SIZE}
        steps = STEPS_PER_EPOCH
        train_and_save(position, model, batches, watched, plan, steps, run, workers, record)

    again_until_finite(attempt, run, workers, max_restores)
    return run, model
