"""Training of a run: data, model, record, checkpoints and scores."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from ivaae_tf.api.options import TrainingOptions
from ivaae_tf.evaluation.evaluator import make_evaluator
from ivaae_tf.models.build import make_compiled_model
from ivaae_tf.models.networks.own import Networks
from ivaae_tf.models.optimizers import set_rates
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.setting_fields import CUSTOM, whole_batches
from ivaae_tf.settings import AUTO, Settings
from ivaae_tf.training import callbacks, precision
from ivaae_tf.training.checkpointed import again_until_finite, train_and_save
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.dry_run import describe
from ivaae_tf.training.initial_weights import start_from
from ivaae_tf.training.loop import resume
from ivaae_tf.training.setup import (
    labels_of,
    print_notices,
    training_batches,
    validation_batches,
)
from pipelines.labeled_batches import check_labels
from pipelines.records.image_dataset import ImageDataset


def train(
    settings: Settings,
    options: TrainingOptions,
    run: RunDirectory,
    workers: Workers,
    *,
    networks: Networks,
    open_dataset: Callable[[Sequence[Path]], ImageDataset],
    evaluation: Mapping[str, Any],
    mixed_precision: bool | str,
    own_callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
) -> None:
    """Trains a run, from its last checkpoint if it has one.

    All workers call it; only the chief reads and writes the run's folder.

    Args:
        settings: The settings of the run.
        options: Its epochs, checkpoints and other options.
        run: Its folder, which the caller unlocks.
        workers: The workers of the training.
        networks: The networks, of the name in the settings.
        open_dataset: Returns the data; its argument is the folders of runs, whose images are not
            data.
        evaluation: Arguments of `make_evaluator`, besides data and image size.
        mixed_precision: The setting, or "auto" for the faster precision.
        own_callbacks: Keras callbacks of the user, called after the others.
        verbose: As in Keras: 0 to print nothing, 2 for a line per epoch.

    Raises:
        UserError: If the data, the settings and what the folder holds do not fit together.
    """

    def report(text: str) -> None:
        if workers.is_chief and verbose:
            print(text)

    are_several = workers.strategy.num_replicas_in_sync > 1
    if networks.name == CUSTOM and (options.dry_run or mixed_precision == AUTO or are_several):
        raise UserError(
            "network: networks in memory are trained on one device, without dry_run and without "
            "mixed_precision=auto; give the module:Name of an object or class that makes them"
        )
    report(f"training on {workers.describe()}")
    if workers.is_chief and not options.dry_run:
        run.create_and_lock()
    with workers.chief_first():
        dataset = open_dataset(run.not_data).with_fit(settings.fit, settings.crop)
    image_shape = dataset.shape(settings.image_size)
    if settings.learns_labels:
        check_labels(dataset, settings.num_categories, settings.num_labels)
    labels = labels_of(dataset, settings)
    workers.check_agreement(
        settings.to_record(),
        dataset_fingerprint=dataset.fingerprint,
        mixed_precision=mixed_precision,
        dry_run=options.dry_run,
        epochs=options.epochs,
        steps_per_execution=options.steps_per_execution,
        checkpoint_every_steps=options.checkpoint_every_steps,
        log_every=options.log_every,
    )
    if mixed_precision == AUTO:
        settings = precision.chosen(settings, image_shape, run, workers, report)
    steps_per_epoch = whole_batches(dataset.num_images("train"), settings.batch_size)
    # Made before the precision is set, which is for the model and not for the extractor.
    evaluator = None
    if workers.is_chief and not options.dry_run and options.evaluate_every:
        evaluator = make_evaluator(dataset, settings.image_size, **evaluation)
    print_notices(settings, options.epochs, evaluator, evaluation["extractor"], report)
    with workers.strategy.scope():
        model = make_compiled_model(
            settings, image_shape, steps_per_epoch, options.steps_per_execution, networks, labels
        )
    if workers.is_chief:
        record = RunRecord.of(settings, dataset, model, networks.sha256(model))
        if options.dry_run:
            lines = describe(record, dataset, options.epochs, run, workers, options.allow_change)
            print(lines)
        else:
            if settings.init_from and not run.newest_step():
                report(start_from(model, settings.init_from))
            run.record_or_check(record, options.allow_change)
    if options.dry_run:
        return

    def train_from_the_checkpoint() -> None:
        position = resume(model, run, workers, steps_per_epoch)
        if position.epoch >= options.epochs:
            report(f"{run.path} is trained for {position.epoch} epochs; for more, raise --epochs")
            return
        set_rates(model, settings)
        batches = training_batches(dataset, settings, position, options.cache, report)
        validation = validation_batches(dataset, settings)
        curves = []
        has_categories = settings.num_categories or settings.prior_by_label
        if has_categories and dataset.label_key is not None:
            labeled = validation_batches(dataset, settings, with_labels=True)
            curves.append(callbacks.CategoryErrors(labeled))
        # In their order after an epoch.
        sampler = settings.sampler
        evaluating: list[keras.callbacks.Callback] = []
        kind, every = dataset.kind if dataset.has_pictures else None, options.pictures_every
        evaluating.append(
            callbacks.TensorBoardImages(run, validation, every, settings.seed, sampler, kind)
        )
        if dataset.kind.are_images and kind is None:
            report(f"no pictures: they have 1 or 3 channels, the images {dataset.channels}")
        if evaluator is not None:
            every = options.evaluate_every
            evaluating.append(callbacks.Evaluation(run, evaluator, every, sampler, report))
        evaluating.append(callbacks.TrainingWarnings(run))
        train_and_save(
            position,
            model,
            batches,
            validation,
            options,
            steps_per_epoch,
            run,
            workers,
            settings.to_record(),
            evaluating,
            curves=curves,
            own_callbacks=own_callbacks,
            verbose=verbose,
        )
        report(f"{run.summary()}\nnext             ivaae show {shlex.quote(str(run.path))}")

    max_restores = options.max_restores if options.on_nonfinite == "restore" else 0
    again_until_finite(train_from_the_checkpoint, run, workers, max_restores)
