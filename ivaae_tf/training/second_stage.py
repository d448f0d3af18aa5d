"""Training of a second stage on the codes of a run."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ivaae_tf.api.options import Plan, SecondStageOptions
from ivaae_tf.evaluation.batches import image_batches
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.second_stage import make_second_stage, make_second_stage_optimizers
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.second_stage import SecondStageDirectory, SecondStageRecord
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.training.checkpointed import train_and_save
from ivaae_tf.training.code_batches import encode_all, training_codes
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import resume
from pipelines.records.image_dataset import ImageDataset

_STEPS_PER_EXECUTION = 20  # A step takes about a millisecond, as long as a call from Python.


def train_second_stage(
    run: RunDirectory,
    settings: SecondStageSettings,
    options: SecondStageOptions,
    *,
    data: Mapping[str, Any],
    verbose: int = 1,
) -> None:
    """Trains the second stage of a run, from its last checkpoint if it has one.

    Args:
        run: The folder of the trained first stage.
        settings: The settings of the second stage.
        options: Its epochs and other options.
        data: Arguments of `RunDirectory.open_dataset`.
        verbose: As in Keras: 0 to print nothing, 2 for a line per epoch.

    Raises:
        UserError: If the run has no encoder, or its second stage has other settings or codes.
    """
    run.check_has_encoder()
    dataset = run.open_dataset(**data)
    first_stage = run.load_best()
    directory = run.second_stage
    directory.create_and_lock()
    try:
        text = _train(run, dataset, first_stage, directory, settings, options, verbose)
    finally:
        directory.unlock()
    if verbose:
        print(text)


def _train(
    run: RunDirectory,
    dataset: ImageDataset,
    first_stage: InterventionAutoencoder,
    directory: SecondStageDirectory,
    settings: SecondStageSettings,
    options: SecondStageOptions,
    verbose: int,
) -> str:
    """Trains in the locked folder; returns a line of text."""
    image_size = run.read_record().settings.image_size
    q = encode_all(first_stage, image_batches(dataset, "train", image_size, "codes"))
    codes = first_stage.posterior.draw(q, [settings.seed, 0]).numpy()
    record = SecondStageRecord.of(settings, codes, run.epochs_trained(first_stage))
    model = _compiled_model(record)
    if options.overwrite:
        directory.clear()
    record = directory.record_or_check(record)
    workers = Workers("none")
    position = resume(model, directory, workers, record.steps_per_epoch)
    if position.epoch >= options.epochs:
        return f"{directory.path} is trained for {position.epoch} epochs; for more, raise --epochs"

    def draw(q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return record.standardize(first_stage.posterior.draw(q, seed))

    validation_q = encode_all(
        first_stage, image_batches(dataset, "validation", image_size, "validation codes")
    )
    train_and_save(
        position,
        model,
        training_codes(draw, q, settings.batch_size, settings.seed, position.epoch, position.step),
        tf.data.Dataset.from_tensors(draw(validation_q, [settings.seed, 0])),
        Plan(epochs=options.epochs, log_every=options.log_every),
        record.steps_per_epoch,
        directory,
        workers,
        settings.to_record(),
        verbose=verbose,
    )
    return f"second stage in {directory.path}; use it with --sampler=second_stage"


def _compiled_model(record: SecondStageRecord) -> InterventionAutoencoder:
    model = make_second_stage(record.settings, len(record.mean))
    model.compile(
        **make_second_stage_optimizers(record.settings, record.steps_per_epoch),
        jit_compile=False,
        steps_per_execution=_STEPS_PER_EXECUTION,
    )
    return model
