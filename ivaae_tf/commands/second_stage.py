"""Trains a second stage: `ivaae second_stage --workdir=runs/demo --epochs=50 --width=0.25`.

It is a variational auto-encoder of the codes of a trained run, of any method (Dai and Wipf, 2019).
`ivaae evaluate` and `ivaae export` then sample codes from it with --sampler=second_stage. The same
command resumes an interrupted training after the last finished epoch.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import DataOptions, SecondStageOptions
from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.program.command import Command
from ivaae_tf.second_stage_settings import SecondStageSettings

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Starts or resumes the training of the second stage."""
    del argv
    from ivaae_tf.api.opening import open_run

    kinds = (SecondStageSettings, SecondStageOptions, DataOptions)
    open_run(FLAGS.workdir, FLAGS.network).second_stage(
        **keywords(FLAGS.flag_values_dict(), *kinds)
    )


def define_flags() -> None:
    """Defines the flags of the run, the data and the settings."""
    shared_flags.define_workdir_flag()
    shared_flags.define_network_flag()
    define_setting_flags(SecondStageOptions)
    define_setting_flags(SecondStageSettings)
    check_settings(SecondStageSettings)
    data_flags.define_data_location_flags()


COMMAND = Command(
    main, define_flags, __doc__, first_flags=("workdir", "epochs", "width", "overwrite")
)
