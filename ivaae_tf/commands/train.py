"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

If --workdir already holds the run, training continues from its last checkpoint. The final weights
and curves are those of a run that was never stopped.
"""

import ivaae_tf.program.startup  # noqa: F401

import keras
import tensorflow as tf
from absl import flags

from ivaae_tf import commands
from ivaae_tf.choices import AUTO
from ivaae_tf.commands import shared_flags
from ivaae_tf.commands.data_flags import data_location
from ivaae_tf.evaluation.evaluator import Evaluator, make_evaluator
from ivaae_tf.models.build import make_compiled_model, set_rates
from ivaae_tf.program import command_line
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.settings import Settings
from ivaae_tf.training import callbacks, precision
from ivaae_tf.training.checkpointed import Plan, again_until_finite, train_and_save
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.dry_run import describe
from ivaae_tf.training.initial_weights import start_from
from ivaae_tf.training.loop import resume
from ivaae_tf.training.setup import print_notices, training_batches, validation_batches
from pipelines import datasets
from pipelines.records import opening
from pipelines.records.image_dataset import ImageDataset

FLAGS = flags.FLAGS
commands.TRAIN.define_flags()

# Besides the settings, what workers must have in common: it decides what they do together.
_SHARED_FLAGS = (
    "mixed_precision",
    "dry_run",
    "epochs",
    "steps_per_execution",
    "checkpoint_every_steps",
    "log_every",
)


def main(argv) -> None:
    """Starts or continues training; every worker runs this."""
    del argv
    settings = Settings.from_flags(FLAGS.flag_values_dict())
    workers = Workers(FLAGS.distribution)
    workers.check_flags(batch_size=settings.batch_size, jit_compile=settings.jit_compile)
    with workers.ending_together():
        train(settings, workers)


def train(settings: Settings, workers: Workers) -> None:
    """Trains by the flags; only the chief reads and writes the run's folder."""
    run = RunDirectory(FLAGS.workdir)
    if workers.is_chief:
        print(f"training on {workers.describe()}")
    if workers.is_chief and not FLAGS.dry_run:
        run.create_and_lock()
    dataset = open_dataset(settings, workers)
    if FLAGS.mixed_precision == AUTO:
        settings = precision.chosen(settings, dataset.channels, run, workers)
    steps_per_epoch = settings.steps_per_epoch(dataset.num_images("train"))
    # Made before the precision is set, which is for the model and not for the extractor.
    evaluator = None
    if workers.is_chief and not FLAGS.dry_run:
        evaluator = evaluator_of(dataset, settings)
    if workers.is_chief:
        print_notices(settings, FLAGS.epochs, evaluator, FLAGS.extractor)
    with workers.strategy.scope():
        model = make_compiled_model(
            settings, dataset.channels, steps_per_epoch, FLAGS.steps_per_execution
        )
    if FLAGS.dry_run:
        if workers.is_chief:
            record = RunRecord.of(settings, dataset, model)
            print(describe(record, dataset, FLAGS.epochs, run, workers, FLAGS.allow_change))
        return
    if workers.is_chief:
        if settings.init_from and not run.newest_step():
            print(start_from(model, settings.init_from))
        run.record_or_check(RunRecord.of(settings, dataset, model), FLAGS.allow_change)
    plan = Plan(
        epochs=FLAGS.epochs,
        steps_per_epoch=steps_per_epoch,
        log_every=FLAGS.log_every,
        checkpoint_every_steps=FLAGS.checkpoint_every_steps,
        checkpoint_every_minutes=FLAGS.checkpoint_every_minutes,
        keep_checkpoint_every=FLAGS.keep_checkpoint_every,
        profile_steps=FLAGS.profile_steps,
    )

    def train_from_the_checkpoint() -> None:
        place = resume(model, run, workers, steps_per_epoch)
        if place.epoch >= plan.epochs:
            if workers.is_chief:
                print(f"{run.path} is trained for {place.epoch} epochs; for more, raise --epochs")
            return
        set_rates(model, settings)
        batches = training_batches(dataset, settings, place, FLAGS.cache, workers.is_chief)
        watched = validation_batches(dataset, settings)
        judging = callbacks_that_judge(run, evaluator, watched, settings)
        record = settings.to_record()
        train_and_save(place, model, batches, watched, plan, run, workers, record, judging)
        if workers.is_chief:
            print(run.summary())

    max_restores = FLAGS.max_restores if FLAGS.on_nonfinite == "restore" else 0
    again_until_finite(train_from_the_checkpoint, run, workers, max_restores)


def open_dataset(settings: Settings, workers: Workers) -> ImageDataset:
    """Opens the data and checks that all workers have the same data and flags."""
    with workers.chief_first():
        dataset = datasets.open_dataset(
            settings.dataset,
            **data_location(FLAGS.flag_values_dict()),
            exclude=RunDirectory(FLAGS.workdir).not_data,
        ).with_fit(settings.fit)
    shared = {name: FLAGS[name].value for name in _SHARED_FLAGS}
    workers.check_agreement(settings.to_record(), **shared, dataset_fingerprint=dataset.fingerprint)
    return dataset


def evaluator_of(dataset: ImageDataset, settings: Settings) -> Evaluator | None:
    """Returns what scores the model during training, None without --evaluate_every."""
    if not FLAGS.evaluate_every:
        return None
    return make_evaluator(
        dataset, settings.image_size, **shared_flags.evaluation_values(FLAGS.flag_values_dict())
    )


def callbacks_that_judge(
    run: RunDirectory, evaluator: Evaluator | None, watched: tf.data.Dataset, settings: Settings
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks for pictures, scores and warnings, in their order after an epoch."""
    pictures = callbacks.TensorBoardImages(
        run, watched, FLAGS.pictures_every, settings.seed, settings.sampler
    )
    scores = []
    if evaluator:
        scores = [callbacks.Evaluation(run, evaluator, FLAGS.evaluate_every, settings.sampler)]
    return [pictures, *scores, callbacks.TrainingWarnings(run)]


if __name__ == "__main__":
    command_line.run(main, commands.TRAIN, opening.with_record)
