"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

If --workdir already holds the run, training resumes from its last checkpoint. The final weights
and curves are the same as without the interruption.
"""

import dataclasses
from collections.abc import Sequence

from absl import flags

from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.training_flags import SHORT_FORMS, define_training_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.settings import Settings

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Starts or resumes training; every worker runs this."""
    del argv
    from ivaae_tf.runs.directory import RunDirectory
    from ivaae_tf.training.checkpointed import Plan
    from ivaae_tf.training.distribute.workers import Workers
    from ivaae_tf.training.run import train

    values = FLAGS.flag_values_dict()
    settings = Settings.from_flags(values)
    plan = Plan(**{field.name: values[field.name] for field in dataclasses.fields(Plan)})
    workers = Workers(FLAGS.distribution)
    workers.check_flags(batch_size=settings.batch_size, jit_compile=settings.jit_compile)
    with workers.ending_together():
        train(
            settings,
            plan,
            RunDirectory(FLAGS.workdir),
            workers,
            data=data_flags.data_location(values),
            evaluation=shared_flags.evaluation_values(values),
            dry_run=FLAGS.dry_run,
            mixed_precision=FLAGS.mixed_precision,
            steps_per_execution=FLAGS.steps_per_execution,
            cache=FLAGS.cache,
            evaluate_every=FLAGS.evaluate_every,
            pictures_every=FLAGS.pictures_every,
            max_restores=FLAGS.max_restores if FLAGS.on_nonfinite == "restore" else 0,
            allow_change=FLAGS.allow_change,
        )


def define_flags() -> None:
    """Defines the flags of the run and of its training."""
    shared_flags.define_workdir_flag(path_flags.folder)  # Only the chief worker writes to it.
    with topic("Run"):
        flags.DEFINE_bool(
            "dry_run",
            False,
            "Only prepare the data, and print settings, parameters, steps and times.",
        )
    define_training_flags()


COMMAND = Command(
    main,
    define_flags,
    __doc__,
    first_flags=(
        *("workdir", "dataset", "image_folder", "method", "network", "image_size", "width"),
        *("batch_size", "epochs", "evaluate_every"),
    ),
    short_forms=SHORT_FORMS,
)
