"""Prepares a data set: writes its images as TFRecords.

ivaae prepare --dataset=folder --image_folder=photos
"""

import contextlib
import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from ivaae_tf.commands.data_flags import data_location, define_data_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.path_flags import define_name, define_names

if TYPE_CHECKING:
    from pipelines.folder.work import FolderWork

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Prepares the data set and prints its description."""
    del argv
    from pipelines.workers import fork_server

    runner, is_folder = FLAGS.beam_runner, FLAGS.dataset == "folder"
    check_beam_flags()
    # The server imports TensorFlow too: both at the same time.
    with fork_server.running() if is_folder and not runner else contextlib.nullcontext():
        from pipelines import datasets

        work: FolderWork | None = None
        if runner is not None:
            from pipelines.folder import beam

            work = beam.BeamWork(runner, FLAGS.beam_options or [])
        dataset = datasets.open_dataset(
            FLAGS.dataset,
            **data_location(FLAGS.flag_values_dict()),
            overwrite=FLAGS.overwrite,
            folder_work=work,
        )
    for key, value in dataset.description.items():
        print(f"{key}: {value}")


def check_beam_flags() -> None:
    """Checks that Apache Beam is installed and can be used.

    Raises:
        UserError: If not.
    """
    runner = FLAGS.beam_runner
    if runner is not None and FLAGS.dataset != "folder":
        raise UserError(f"--beam_runner={runner} needs --dataset=folder")
    if runner is not None and importlib.util.find_spec("apache_beam") is None:
        raise UserError(
            f"--beam_runner={runner} needs Apache Beam, which is not installed: "
            "pip install '.[beam]' in the program's folder"
        )
    if runner is None and FLAGS.beam_options:
        raise UserError(f"--beam_options={','.join(FLAGS.beam_options)} needs --beam_runner")


def define_flags() -> None:
    """Defines the flags of the data and of Apache Beam."""
    define_data_flags()
    flags.DEFINE_bool("overwrite", False, "Prepare existing records again.")
    with topic("Apache Beam, for --dataset=folder"):
        define_name(
            "beam_runner",
            None,
            "Runner of Apache Beam that reads the files, such as DirectRunner, DataflowRunner, "
            "FlinkRunner or SparkRunner; by default, processes on this machine do.",
        )
        define_names(
            "beam_options",
            "Options of Beam's pipeline, key=value, several with commas; repeatable.",
        )


COMMAND = Command(main, define_flags, __doc__)
