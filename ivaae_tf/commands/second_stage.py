"""Trains a second stage: `ivaae second_stage --workdir=runs/demo --epochs=50 --width=0.25`.

It is a variational auto-encoder of the codes of a trained run, of any method (Dai and Wipf, 2019).
`ivaae evaluate` and `ivaae export` then sample codes from it with --sampler=second_stage. The same
command resumes an interrupted training after the last finished epoch.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.ranges import EPOCHS
from ivaae_tf.second_stage_settings import SecondStageSettings

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Starts or resumes the training of the second stage."""
    del argv
    shared_flags.import_network(FLAGS.network)
    from ivaae_tf.runs.directory import RunDirectory
    from ivaae_tf.training.second_stage import train_second_stage

    values = FLAGS.flag_values_dict()
    train_second_stage(
        RunDirectory(FLAGS.workdir),
        SecondStageSettings.from_flags(values),
        data=data_flags.data_location(values),
        epochs=FLAGS.epochs,
        log_every=FLAGS.log_every,
        overwrite=FLAGS.overwrite,
    )


def define_flags() -> None:
    """Defines the flags of the run, the data and the settings."""
    shared_flags.define_workdir_flag()
    shared_flags.define_network_flag()
    shared_flags.define_log_every()
    with topic("Run"):
        flags.DEFINE_bool("overwrite", False, "Replace an existing second stage by a new one.")
    with topic("Optimization"):
        define_number("epochs", 800, "Total number of epochs.", EPOCHS)
    define_setting_flags(SecondStageSettings)
    check_settings(SecondStageSettings)
    data_flags.define_data_location_flags()


COMMAND = Command(
    main, define_flags, __doc__, first_flags=("workdir", "epochs", "width", "overwrite")
)
