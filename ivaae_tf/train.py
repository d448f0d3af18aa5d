"""Trains a model: `python -m ivaae_tf.train --flagfile=flags/demo.flags --workdir=runs/demo`.

Run again on the same --workdir it goes on from the last finished epoch, and ends with the weights
that a run which was never stopped would have.
"""

import keras
from absl import flags

from ivaae_tf import callbacks, distribution, options
from ivaae_tf.run_directory import RunDirectory
from pipelines import command_line, datasets
from pipelines.options import define_data_flags

FLAGS = flags.FLAGS
options.define_run_flags()
define_data_flags()
options.define_model_flags()
options.define_training_flags()

_NUM_WATCHED_IMAGES = 2000  # validation images whose codes and losses are followed


def main(argv) -> None:
    """Trains, or goes on training."""
    del argv
    settings = options.Settings.from_flags(FLAGS)
    run = RunDirectory(FLAGS.workdir)
    run.create()
    strategy = distribution.make_strategy(FLAGS.distribution)
    distribution.check_batch_size(settings.batch_size, strategy)
    dataset = datasets.open_dataset(
        settings.dataset,
        data_dir=FLAGS.data_dir,
        image_folder=FLAGS.image_folder,
        manual_dir=FLAGS.manual_dir,
    )
    steps_per_epoch = dataset.num_images("train") // settings.batch_size

    if settings.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    with strategy.scope():
        image_shape = (settings.image_size, settings.image_size, dataset.channels)
        model = options.build_model(settings, image_shape)
        model.compile(
            **options.make_optimizers(settings, steps_per_epoch),
            jit_compile=FLAGS.jit_compile,
            steps_per_execution=FLAGS.steps_per_execution,
        )
    data = {**dataset.description, "fingerprint": dataset.fingerprint}
    record = run.record(settings, data, model)
    run.restore(model)
    first_epoch = int(model.encoder_optimizer.iterations) // steps_per_epoch
    if first_epoch >= FLAGS.epochs:
        print(f"{run.path} has been trained for {first_epoch} epochs; --epochs asks for no more")
        return

    watched = datasets.evaluation_batches(
        dataset,
        "validation",
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        num_images=_NUM_WATCHED_IMAGES,
    )
    batches = datasets.training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=first_epoch,
        cache=FLAGS.cache,
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
        callbacks=[
            callbacks.StopOnNonFinite(run.last_checkpoint),
            callbacks.LossProgress(),
            callbacks.Scalars(run.logs, FLAGS.log_every, settings.batch_size, record["settings"]),
            callbacks.Pictures(run, watched, FLAGS.pictures_every, settings.seed),
            callbacks.History(run),
            callbacks.Checkpoint(run.last_checkpoint),
        ],
    )
    print(run.summary())


if __name__ == "__main__":
    command_line.run(main)
