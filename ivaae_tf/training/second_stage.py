"""Training of a second stage on the codes of a run."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ivaae_tf.evaluation.evaluator import image_batches
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import make_second_stage, make_second_stage_optimizers
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.second_stage import SecondStageRecord
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.training.checkpointed import Plan, train_and_save
from ivaae_tf.training.code_batches import encode_all, training_codes
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import resume

_STEPS_PER_EXECUTION = 20  # A step takes about a millisecond, as long as a call from Python.


def train_second_stage(
    run: RunDirectory,
    settings: SecondStageSettings,
    *,
    data: Mapping[str, Any],
    epochs: int,
    log_every: int,
    overwrite: bool,
) -> None:
    """Trains the second stage of a run, from its last checkpoint if it has one.

    Args:
        run: The folder of the trained first stage.
        settings: The settings of the second stage.
        data: Arguments of `RunDirectory.open_dataset`.
        epochs: The number of epochs at its end.
        log_every: Steps between two values of a curve.
        overwrite: Whether to replace an existing second stage.

    Raises:
        UserError: If the run has no encoder, or its second stage has other settings or codes.
    """
    run.check_has_encoder()
    dataset = run.open_dataset(**data)
    first_stage = run.load_best()
    directory = run.second_stage
    directory.create_and_lock()

    image_size = run.read_record().settings.image_size
    q = encode_all(first_stage, image_batches(dataset, "train", image_size, "codes"))
    codes = first_stage.posterior.draw(q, [settings.seed, 0]).numpy()
    record = SecondStageRecord.of(settings, codes, run.epochs_trained(first_stage))
    model = _compiled_model(record)
    if overwrite:
        directory.clear()
    record = directory.record_or_check(record)
    workers = Workers("none")
    place = resume(model, directory, workers, record.steps_per_epoch)
    if place.epoch >= epochs:
        print(f"{directory.path} is trained for {place.epoch} epochs; for more, raise --epochs")
        return

    def draw(q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return record.standardize(first_stage.posterior.draw(q, seed))

    validation_q = encode_all(
        first_stage, image_batches(dataset, "validation", image_size, "validation codes")
    )
    train_and_save(
        place,
        model,
        training_codes(draw, q, settings.batch_size, settings.seed, place.epoch, place.step),
        tf.data.Dataset.from_tensors(draw(validation_q, [settings.seed, 0])),
        Plan(epochs=epochs, log_every=log_every),
        record.steps_per_epoch,
        directory,
        workers,
        settings.to_record(),
    )
    print(f"second stage in {directory.path}; use it with --sampler=second_stage")


def _compiled_model(record: SecondStageRecord) -> InterventionAutoencoder:
    model = make_second_stage(record.settings, len(record.mean))
    model.compile(
        **make_second_stage_optimizers(record.settings, record.steps_per_epoch),
        jit_compile=False,
        steps_per_execution=_STEPS_PER_EXECUTION,
    )
    return model
