"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

If --workdir already holds the run, training resumes from its last checkpoint. The final weights
and curves are the same as without the interruption.
"""

from collections.abc import Sequence
from typing import Any

from absl import flags

from ivaae_tf.api.keywords import SHORT_FORMS, keywords
from ivaae_tf.api.options import DataOptions, EvaluationOptions, TrainingOptions
from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.settings import AUTO, Settings

FLAGS = flags.FLAGS
DISTRIBUTIONS = ("auto", "none", "mirrored", "multi_worker")


def main(argv: Sequence[str]) -> None:
    """Starts or resumes training; every worker runs this."""
    del argv
    from ivaae_tf.api.training import train

    kinds = (Settings, TrainingOptions, DataOptions, EvaluationOptions)
    arguments = keywords(FLAGS.flag_values_dict(), *kinds)
    train(FLAGS.workdir, distribution=FLAGS.distribution, **arguments)


def define_flags() -> None:
    """Defines the flags of the run, the data, the settings, the machine and the evaluation."""
    shared_flags.define_workdir_flag(path_flags.folder)  # Only the chief worker writes to it.
    define_setting_flags(TrainingOptions, of="Run")
    data_flags.define_data_flags()
    define_setting_flags(Settings)
    define_setting_flags(TrainingOptions, of="Optimization")
    with topic("Optimization"):
        define_path(
            "init_from",
            Settings.init_from,
            "Fine-tune: start from the weights of this run folder or checkpoint.",
        )
    with topic("Machine"):
        flags.DEFINE_flag(precision_flag())
        flags.DEFINE_enum("distribution", "auto", DISTRIBUTIONS, "Devices to train on.")
    define_setting_flags(TrainingOptions, of="Machine")
    check_settings(Settings)
    check_settings(TrainingOptions)
    define_setting_flags(EvaluationOptions)


class _PrecisionParser(flags.BooleanParser):
    """Reads a truth value, or "auto"."""

    def parse(self, argument: Any) -> Any:
        return AUTO if argument == AUTO else super().parse(argument)


def precision_flag() -> flags.Flag:
    """Returns --mixed_precision: true, false or auto; without a value, true."""
    return flags.Flag(
        _PrecisionParser(),
        flags.ArgumentSerializer(),
        "mixed_precision",
        Settings.mixed_precision,
        "Compute in bfloat16 and keep weights in float32. auto: bfloat16 if a timed step is at "
        "least 1.1 times faster.",
        boolean=True,
    )


COMMAND = Command(
    main,
    define_flags,
    __doc__,
    first_flags=(
        *("workdir", "dataset", "image_folder", "method", "network", "image_size", "width"),
        *("batch_size", "epochs", "evaluate_every"),
    ),
    short_forms={"learning_rate": SHORT_FORMS["learning_rate"]},
)
