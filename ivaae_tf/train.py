"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

Run again on the same --workdir it goes on from the last finished epoch, and ends with the weights
that a run which was never stopped would have.
"""

import dataclasses

import pipelines.startup  # noqa: F401

import keras
import tensorflow as tf
from absl import flags

from ivaae_tf import callbacks, options
from ivaae_tf.distribution import Workers
from ivaae_tf.evaluation import Evaluator
from ivaae_tf.run_directory import RunDirectory
from pipelines import command_line, datasets
from pipelines.options import define_data_flags

FLAGS = flags.FLAGS
options.define_run_flags()
define_data_flags()
options.define_model_flags()
options.define_training_flags()
options.define_evaluation_flags()

_NUM_WATCHED_IMAGES = 2000  # validation images whose codes and losses are followed


def main(argv) -> None:
    """Trains, or goes on training; with several workers this is what each of them does."""
    del argv
    settings = options.Settings.from_flags(FLAGS)
    workers = Workers(FLAGS.distribution)
    workers.check_flags(batch_size=settings.batch_size, jit_compile=FLAGS.jit_compile)
    with workers.ending_together():
        train(settings, workers)


def train(settings: options.Settings, workers: Workers) -> None:
    """Trains by the flags; the chief alone reads and writes the run's folder."""
    run = RunDirectory(FLAGS.workdir)
    if workers.is_chief:
        print(f"training on {workers.describe()}")
        run.create()
    with workers.chief_first():
        dataset = datasets.open_dataset(
            settings.dataset,
            data_dir=FLAGS.data_dir,
            image_folder=FLAGS.image_folder,
            manual_dir=FLAGS.manual_dir,
        )
    workers.check_agreement(
        dataclasses.asdict(settings),
        epochs=FLAGS.epochs,
        steps_per_execution=FLAGS.steps_per_execution,
        dataset_fingerprint=dataset.fingerprint,
    )
    steps_per_epoch = options.steps_per_epoch(settings, dataset.num_images("train"))

    # Made before the precision is set, which is the model's and not that of the judging network.
    judged = workers.is_chief and FLAGS.evaluate_every
    evaluator = options.make_evaluator(FLAGS, dataset, settings.image_size) if judged else None
    if workers.is_chief:
        print_notices(settings, evaluator)
    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    with workers.strategy.scope():
        image_shape = (settings.image_size, settings.image_size, dataset.channels)
        model = options.build_model(settings, image_shape)
        model.compile(
            **options.make_optimizers(settings, steps_per_epoch),
            jit_compile=FLAGS.jit_compile,
            steps_per_execution=FLAGS.steps_per_execution,
        )
    if workers.is_chief:
        data = {**dataset.description, "fingerprint": dataset.fingerprint}
        run.record(settings, data, model)
        run.restore(model)
    workers.broadcast(model.state_variables)
    first_epoch = model.steps_trained // steps_per_epoch
    if first_epoch >= FLAGS.epochs:
        if workers.is_chief:
            print(f"{run.path} has been trained for {first_epoch} epochs, and needs no more")
        return

    watched = datasets.evaluation_batches(
        dataset,
        "validation",
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        num_images=_NUM_WATCHED_IMAGES,
    ).cache()
    cache = FLAGS.cache
    if cache == "auto":
        cache, reason = datasets.choose_cache(dataset, settings.image_size)
        if workers.is_chief:
            print(f"--cache={cache} is chosen: {reason}")
    batches = datasets.training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=first_epoch,
        cache=cache,
        shuffle_buffer=settings.shuffle_buffer,
        dtype=keras.config.dtype_policy().compute_dtype,
    )
    model.fit(
        batches,
        initial_epoch=first_epoch,
        epochs=FLAGS.epochs,
        steps_per_epoch=steps_per_epoch,
        validation_data=watched,
        shuffle=False,
        verbose=0,
        callbacks=run_callbacks(run, evaluator, watched, settings) if workers.is_chief else [],
    )
    if workers.is_chief:
        print(run.summary())


def print_notices(settings: options.Settings, evaluator: Evaluator | None) -> None:
    """Says what a user may not expect of the settings."""
    if late := [epoch for epoch in settings.lr_decay_epochs if epoch >= FLAGS.epochs]:
        print(
            f"--lr_decay_epochs: no decay at {', '.join(map(str, late))}, as training ends with "
            f"--epochs={FLAGS.epochs}"
        )
    if evaluator is not None and evaluator.extractor is None:
        print(
            "judged by FLD alone, and best.keras is the checkpoint of the lowest FLD: "
            f"--extractor={FLAGS.extractor} finds no network to compare images with. "
            "--extractor=keras_inception and --inception_graph=FILE give more scores"
        )


def run_callbacks(
    run: RunDirectory,
    evaluator: Evaluator | None,
    watched: tf.data.Dataset,
    settings: options.Settings,
) -> list[keras.callbacks.Callback]:
    """Returns what shows the run and writes its files, in this order after each epoch."""
    judging = [callbacks.Evaluation(run, evaluator, FLAGS.evaluate_every)] if evaluator else []
    return [
        callbacks.StopOnNonFinite(run.last_checkpoint),
        callbacks.LossProgress(),
        callbacks.Scalars(run, FLAGS.log_every, settings.batch_size, run.read_record()["settings"]),
        callbacks.Pictures(run, watched, FLAGS.pictures_every, settings.seed),
        *judging,
        callbacks.History(run),
        callbacks.Checkpoint(run.last_checkpoint),
    ]


if __name__ == "__main__":
    command_line.run(
        main,
        first_flags=(
            "workdir",
            "dataset",
            "image_folder",
            "method",
            "network",
            "image_size",
            "width",
            "batch_size",
            "epochs",
            "evaluate_every",
        ),
    )
