"""Trains a second stage: `ivaae second_stage --workdir=runs/demo --epochs=50 --width=0.25`.

It is a variational auto-encoder of the codes of a trained run, of any method (Dai and Wipf, 2019).
`ivaae evaluate` and `ivaae export` then draw codes from it with --sampler=second_stage. The same
command continues an interrupted training after the last finished epoch.
"""

import ivaae_tf.program.startup  # noqa: F401

import tensorflow as tf
from absl import flags

from ivaae_tf import commands
from ivaae_tf.commands.data_flags import data_location
from ivaae_tf.evaluation.evaluator import image_batches
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.build import make_second_stage, make_second_stage_optimizers
from ivaae_tf.program import command_line
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.second_stage import SecondStageRecord
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.training.checkpointed import Plan, train_and_save
from ivaae_tf.training.code_batches import encode_all, training_codes
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.loop import resume
from pipelines.records import opening

FLAGS = flags.FLAGS
commands.SECOND_STAGE.define_flags()

_STEPS_PER_EXECUTION = 20  # A step takes about a millisecond, as long as a call from Python.


def main(argv) -> None:
    """Starts or continues the training of the second stage."""
    del argv
    settings = SecondStageSettings.from_flags(FLAGS.flag_values_dict())
    run = RunDirectory(FLAGS.workdir)
    run.check_has_encoder()
    dataset = run.open_dataset(**data_location(FLAGS.flag_values_dict()))
    first_stage = run.load_best()
    directory = run.second_stage
    directory.create_and_lock()

    image_size = run.read_record().settings.image_size
    q = encode_all(first_stage, image_batches(dataset, "train", image_size, "codes"))
    codes = first_stage.posterior.draw(q, [settings.seed, 0]).numpy()
    record = SecondStageRecord.of(settings, codes, run.epochs_trained(first_stage))
    model = compiled_model(record)
    if FLAGS.overwrite:
        directory.clear()
    record = directory.record_or_check(record)
    workers = Workers("none")
    place = resume(model, directory, workers, record.steps_per_epoch)
    if place.epoch >= FLAGS.epochs:
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
        Plan(
            epochs=FLAGS.epochs, steps_per_epoch=record.steps_per_epoch, log_every=FLAGS.log_every
        ),
        directory,
        workers,
        settings.to_record(),
    )
    print(f"second stage in {directory.path}; use it with --sampler=second_stage")


def compiled_model(record: SecondStageRecord) -> InterventionAutoencoder:
    """Returns the compiled second stage."""
    model = make_second_stage(record.settings, len(record.mean))
    model.compile(
        **make_second_stage_optimizers(record.settings, record.steps_per_epoch),
        jit_compile=False,
        steps_per_execution=_STEPS_PER_EXECUTION,
    )
    return model


if __name__ == "__main__":
    command_line.run(main, commands.SECOND_STAGE, opening.with_record)
