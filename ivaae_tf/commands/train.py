"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

If --workdir already holds the run, training resumes from its last checkpoint. The final weights
and curves are the same as without the interruption.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import DataOptions, EvaluationOptions, TrainingOptions
from ivaae_tf.commands import shared_flags
from ivaae_tf.commands.training_flags import SHORT_FORMS, define_training_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.settings import Settings

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Starts or resumes training; every worker runs this."""
    del argv
    from ivaae_tf.api.training import train

    kinds = (Settings, TrainingOptions, DataOptions, EvaluationOptions)
    arguments = keywords(FLAGS.flag_values_dict(), *kinds)
    train(FLAGS.workdir, distribution=FLAGS.distribution, **arguments)


def define_flags() -> None:
    """Defines the flags of the run and of its training."""
    shared_flags.define_workdir_flag(path_flags.folder)  # Only the chief worker writes to it.
    with topic("Run"):
        flags.DEFINE_bool(
            "dry_run",
            TrainingOptions.dry_run,
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
