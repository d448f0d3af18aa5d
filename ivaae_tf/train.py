"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

If --workdir already holds the run, training continues from its last checkpoint. The final weights
and curves are those of a run that was never stopped.
"""

import sys

import pipelines.startup  # noqa: F401

import keras
import tensorflow as tf
from absl import flags

from ivaae_tf import callbacks, commands, precision
from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.building import make_model, make_optimizers, set_rates
from ivaae_tf.choices import AUTO
from ivaae_tf.distribute.workers import Workers
from ivaae_tf.evaluation import Evaluator, make_evaluator
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.settings import Settings
from ivaae_tf.training import Place, resume, train_from
from pipelines import command_line, datasets
from pipelines.errors import UserError

FLAGS = flags.FLAGS
commands.TRAIN.define_flags()

_NUM_VALIDATION_IMAGES = 2000  # for the validation loss and the pictures of codes


def main(argv) -> None:
    """Starts or continues training; every worker runs this."""
    del argv
    settings = Settings.from_flags(FLAGS.flag_values_dict())
    workers = Workers(FLAGS.distribution)
    workers.check_flags(batch_size=settings.batch_size, jit_compile=settings.jit_compile)
    if workers.are_several and FLAGS.on_nonfinite == "restore":
        raise UserError("--on_nonfinite=restore works in one process only, found several workers")
    with workers.ending_together():
        train(settings, workers)


def train(settings: Settings, workers: Workers) -> None:
    """Trains by the flags; only the chief reads and writes the run's folder."""
    run = RunDirectory(FLAGS.workdir)
    if workers.is_chief:
        print(f"training on {workers.describe()}")
        run.create_and_lock()
    dataset = open_dataset(settings, workers)
    if FLAGS.mixed_precision == AUTO:
        settings = precision.chosen(settings, dataset.channels, run, workers)
    steps_per_epoch = settings.steps_per_epoch(dataset.num_images("train"))

    # Made before the precision is set, which is for the model and not for the extractor.
    evaluator = None
    if workers.is_chief and FLAGS.evaluate_every:
        evaluator = make_evaluator(
            dataset,
            settings.image_size,
            extractor=FLAGS.extractor,
            inception_graph=FLAGS.inception_graph,
            inception_graph_sha256=FLAGS.inception_graph_sha256,
            data_dir=FLAGS.data_dir,
            num_samples=FLAGS.num_samples,
            num_codes=FLAGS.num_codes,
        )
    if workers.is_chief:
        print_notices(settings, evaluator)
    model = compiled_model(settings, dataset.channels, steps_per_epoch, workers)
    if workers.is_chief:
        run.record_or_check(RunRecord.of(settings, dataset, model), FLAGS.allow_change)
    while (place := resume(model, run, workers, steps_per_epoch)).epoch < FLAGS.epochs:
        set_rates(model, settings)
        try:
            train_from_place(place, model, run, dataset, settings, evaluator, workers)
        except callbacks.NonFiniteError as error:
            go_back_or_stop(run, error)
            continue
        if workers.is_chief:
            print(run.summary())
        return
    if workers.is_chief:
        print(f"{run.path} is trained for {place.epoch} epochs; for more, raise --epochs")


def train_from_place(
    place: Place,
    model: InterventionAutoencoder,
    run: RunDirectory,
    dataset: datasets.ImageDataset,
    settings: Settings,
    evaluator: Evaluator | None,
    workers: Workers,
) -> None:
    """Trains up to --epochs."""
    validation_batches = datasets.evaluation_batches(
        dataset,
        "validation",
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        num_images=_NUM_VALIDATION_IMAGES,
    ).cache()
    non_finite = callbacks.TerminateOnNonFinite(run, FLAGS.log_every)
    save_points = callbacks.SavePoints(
        run,
        workers,
        non_finite.check,
        every_steps=FLAGS.checkpoint_every_steps,
        every_minutes=FLAGS.checkpoint_every_minutes,
    )
    chiefs_callbacks = []
    if workers.is_chief:
        chiefs_callbacks = [
            non_finite,
            *run_callbacks(run, evaluator, validation_batches, settings.resolved()),
        ]
    with save_points.saving_a_finished_epoch():
        train_from(
            place,
            model,
            training_batches(settings, dataset, place, workers),
            epochs=FLAGS.epochs,
            steps_per_epoch=settings.steps_per_epoch(dataset.num_images("train")),
            validation_batches=validation_batches,
            callbacks=[*chiefs_callbacks, save_points],
            stop_at_multiples_of=FLAGS.checkpoint_every_steps,
        )


def go_back_or_stop(run: RunDirectory, error: callbacks.NonFiniteError) -> None:
    """Notes that the run goes back to its last checkpoint, or raises the error."""
    step, num_restores = run.newest_step(), len(run.restores())
    if FLAGS.on_nonfinite == "stop" or num_restores >= FLAGS.max_restores or not step:
        raise error
    reason = str(error).partition(";")[0]
    run.record_restore(reason, step)
    print(
        f"warning: {reason}; the run goes back to step {step} with other noise, restore "
        f"{num_restores + 1} of {FLAGS.max_restores}",
        file=sys.stderr,
    )


def open_dataset(settings: Settings, workers: Workers) -> datasets.ImageDataset:
    """Opens the data and checks that all workers have the same data and flags."""
    with workers.chief_first():
        dataset = datasets.open_dataset(
            settings.dataset,
            data_dir=FLAGS.data_dir,
            image_folder=FLAGS.image_folder,
            manual_dir=FLAGS.manual_dir,
            exclude=RunDirectory(FLAGS.workdir).not_data,
            on_corrupt=FLAGS.on_corrupt,
        )
    workers.check_agreement(
        settings.to_record(),
        mixed_precision=FLAGS.mixed_precision,
        epochs=FLAGS.epochs,
        steps_per_execution=FLAGS.steps_per_execution,
        checkpoint_every_steps=FLAGS.checkpoint_every_steps,
        dataset_fingerprint=dataset.fingerprint,
    )
    return dataset


def print_notices(settings: Settings, evaluator: Evaluator | None) -> None:
    """Prints decay epochs without effect, and a note if FLD is the main score."""
    if late := [epoch for epoch in settings.lr_decay_epochs if epoch >= FLAGS.epochs]:
        print(
            f"--lr_decay_epochs: no decay at {', '.join(map(str, late))}, because training ends "
            f"at --epochs={FLAGS.epochs}"
        )
    if evaluator is not None and evaluator.extractor is None:
        print(
            "best.keras is the checkpoint with the lowest FLD, because "
            f"--extractor={FLAGS.extractor} gives no network for comparing images; use "
            "--extractor=keras_inception or --inception_graph=FILE for more scores"
        )


def compiled_model(
    settings: Settings, channels: int, steps_per_epoch: int, workers: Workers
) -> InterventionAutoencoder:
    """Returns the compiled model on the devices of the workers."""
    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    with workers.strategy.scope():
        model = make_model(settings, (settings.image_size, settings.image_size, channels))
        model.compile(
            **make_optimizers(settings, steps_per_epoch),
            jit_compile=settings.jit_compile,
            steps_per_execution=FLAGS.steps_per_execution,
        )
    return model


def training_batches(
    settings: Settings, dataset: datasets.ImageDataset, place: Place, workers: Workers
) -> tf.data.Dataset:
    """Returns the batches from a place on, cached as --cache says."""
    cache = FLAGS.cache
    if cache == "auto":
        cache, reason = datasets.choose_cache(dataset, settings.image_size)
        if workers.is_chief:
            print(f"--cache={cache} is chosen: {reason}")
    return datasets.training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=place.epoch,
        first_batch=place.step,
        cache=cache,
        shuffle_buffer=settings.shuffle_buffer,
        dtype=keras.config.dtype_policy().compute_dtype,
    )


def run_callbacks(
    run: RunDirectory,
    evaluator: Evaluator | None,
    validation_batches: tf.data.Dataset,
    settings: Settings,
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks in the order in which they run after each epoch."""
    evaluation = []
    if evaluator:
        evaluation = [callbacks.Evaluation(run, evaluator, FLAGS.evaluate_every, settings.sampler)]
    return [
        callbacks.LossProgressBar(),
        callbacks.TensorBoardScalars(run, FLAGS.log_every, settings.to_record()),
        callbacks.TensorBoardImages(
            run, validation_batches, FLAGS.pictures_every, settings.seed, settings.sampler
        ),
        *evaluation,
        callbacks.TrainingWarnings(run),
        callbacks.HistoryFile(run),
        callbacks.LastCheckpoint(run),
    ]


if __name__ == "__main__":
    command_line.run(main, commands.TRAIN)
