"""Training of a run: data, model, record, checkpoints and scores."""

import dataclasses
import shlex
from collections.abc import Collection, Mapping
from typing import Any

import keras

from ivaae_tf.evaluation.evaluator import make_evaluator
from ivaae_tf.models.build import make_compiled_model, set_rates
from ivaae_tf.models.networks.own import Networks, networks_named
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.setting_fields import CUSTOM
from ivaae_tf.settings import AUTO, Settings
from ivaae_tf.training import callbacks, precision
from ivaae_tf.training.checkpointed import Plan, again_until_finite, train_and_save
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.dry_run import describe
from ivaae_tf.training.initial_weights import start_from
from ivaae_tf.training.loop import resume
from ivaae_tf.training.setup import print_notices, training_batches, validation_batches
from pipelines import datasets
from pipelines.records.image_dataset import ImageDataset


def train(
    settings: Settings,
    plan: Plan,
    run: RunDirectory,
    workers: Workers,
    *,
    data: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    dry_run: bool,
    mixed_precision: bool | str,
    steps_per_execution: int,
    cache: str,
    evaluate_every: int,
    pictures_every: int,
    max_restores: int,
    allow_change: Collection[str],
    networks: Networks | None = None,
) -> None:
    """Trains a run, from its last checkpoint if it has one.

    All workers call it; only the chief reads and writes the run's folder.

    Args:
        settings: The settings of the run.
        plan: Its epochs and its checkpoints.
        run: Its folder.
        workers: The workers of the training.
        data: Arguments of `open_dataset`, besides the name.
        evaluation: Arguments of `make_evaluator`, besides data and image size.
        dry_run: Whether to only print what the training would be.
        mixed_precision: The setting, or "auto" for the faster precision.
        steps_per_execution: Steps per compiled call.
        cache: Storage of the resized images between epochs; see `training_batches`.
        evaluate_every: Epochs between two evaluations; 0 for none.
        pictures_every: Epochs between sets of pictures.
        max_restores: Restores of the last checkpoint after values that are not finite.
        allow_change: Names of settings that may differ from the run's.
        networks: The result of `networks_of`, whose name replaces the setting `network`; None for
            networks that the setting names, whose module is imported.

    Raises:
        UserError: If the data, the settings and what the folder holds do not fit together.
    """
    networks = networks or networks_named(settings.network)
    settings = dataclasses.replace(settings, network=networks.name)
    are_several = workers.strategy.num_replicas_in_sync > 1
    if networks.name == CUSTOM and (dry_run or mixed_precision == AUTO or are_several):
        raise UserError(
            "network: networks in memory are trained on one device, without dry_run and without "
            "mixed_precision=auto; give the module:Name of an object or class that makes them"
        )
    if workers.is_chief:
        print(f"training on {workers.describe()}")
    if workers.is_chief and not dry_run:
        run.create_and_lock()
    dataset = _open_dataset(settings, run, workers, data)
    workers.check_agreement(
        settings.to_record(),
        dataset_fingerprint=dataset.fingerprint,
        mixed_precision=mixed_precision,
        dry_run=dry_run,
        epochs=plan.epochs,
        steps_per_execution=steps_per_execution,
        checkpoint_every_steps=plan.checkpoint_every_steps,
        log_every=plan.log_every,
    )
    if mixed_precision == AUTO:
        settings = precision.chosen(settings, dataset.channels, run, workers)
    steps_per_epoch = settings.steps_per_epoch(dataset.num_images("train"))
    # Made before the precision is set, which is for the model and not for the extractor.
    evaluator = None
    if workers.is_chief and not dry_run and evaluate_every:
        evaluator = make_evaluator(dataset, settings.image_size, **evaluation)
    if workers.is_chief:
        print_notices(settings, plan.epochs, evaluator, evaluation["extractor"])
    with workers.strategy.scope():
        model = make_compiled_model(
            settings, dataset.channels, steps_per_epoch, steps_per_execution, networks
        )
    if workers.is_chief:
        record = RunRecord.of(settings, dataset, model, networks.sha256(model))
        if dry_run:
            print(describe(record, dataset, plan.epochs, run, workers, allow_change))
        else:
            if settings.init_from and not run.newest_step():
                print(start_from(model, settings.init_from))
            run.record_or_check(record, allow_change)
    if dry_run:
        return

    def train_from_the_checkpoint() -> None:
        position = resume(model, run, workers, steps_per_epoch)
        if position.epoch >= plan.epochs:
            if workers.is_chief:
                print(
                    f"{run.path} is trained for {position.epoch} epochs; for more, raise --epochs"
                )
            return
        set_rates(model, settings)
        batches = training_batches(dataset, settings, position, cache, workers.is_chief)
        validation = validation_batches(dataset, settings)
        # In their order after an epoch.
        evaluating: list[keras.callbacks.Callback] = [
            callbacks.TensorBoardImages(
                run, validation, pictures_every, settings.seed, settings.sampler
            )
        ]
        if evaluator is not None:
            evaluating += [callbacks.Evaluation(run, evaluator, evaluate_every, settings.sampler)]
        evaluating += [callbacks.TrainingWarnings(run)]
        train_and_save(
            position,
            model,
            batches,
            validation,
            plan,
            steps_per_epoch,
            run,
            workers,
            settings.to_record(),
            evaluating,
        )
        if workers.is_chief:
            print(f"{run.summary()}\nnext             ivaae show {shlex.quote(str(run.path))}")

    again_until_finite(train_from_the_checkpoint, run, workers, max_restores)


def _open_dataset(
    settings: Settings, run: RunDirectory, workers: Workers, data: Mapping[str, Any]
) -> ImageDataset:
    """Returns the data, which the chief prepares before the others open them."""
    with workers.chief_first():
        dataset = datasets.open_dataset(settings.dataset, **data, exclude=run.not_data)
        return dataset.with_fit(settings.fit, settings.crop)
