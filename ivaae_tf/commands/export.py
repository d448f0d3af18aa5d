"""Exports a run: `ivaae export --workdir=runs/demo --out=runs/demo/saved_model`.

The SavedModel needs only TensorFlow. Its images are uint8, shape (n, height, width, channels).
--format=onnx writes encoder and decoder for programs without TensorFlow.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import ExportOptions
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.commands.shared_flags import (
    define_network_flag,
    define_out_flag,
    define_workdir_flag,
)
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Writes the model and its model card."""
    del argv
    from ivaae_tf.api.opening import open_run

    run = open_run(FLAGS.workdir, FLAGS.network)
    run.export(FLAGS.out, **keywords(FLAGS.flag_values_dict(), ExportOptions))
    print(f"{FLAGS.format} model and model card in {FLAGS.out}")


def define_flags() -> None:
    """Defines the flags of the run and of the files to write."""
    define_workdir_flag(path_flags.existing_folder)
    define_network_flag()
    define_out_flag("New folder for the model.")
    define_setting_flags(ExportOptions)
    check_settings(ExportOptions)


COMMAND = Command(main, define_flags, __doc__)
