"""Writes the TFRecords of a data set.

ivaae prepare --dataset=folder --image_folder=photos
"""

import contextlib
import importlib.util
from collections.abc import Sequence

from absl import flags

from ivaae_tf.commands import data_flags
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from pipelines.workers.pool import WorkerPool

data_flags.PREPARE.define_flags()


def main(argv: Sequence[str]) -> None:
    """Prepares the data set and prints its description."""
    del argv
    runner, is_folder = flags.FLAGS.beam_runner, flags.FLAGS.dataset == "folder"
    if runner is not None and not is_folder:
        raise UserError(f"--beam_runner={runner} needs --dataset=folder")
    if runner is not None and importlib.util.find_spec("apache_beam") is None:
        raise UserError(
            f"--beam_runner={runner} needs Apache Beam, which is not installed: "
            "pip install 'ivaae_tf[beam]'"
        )
    if runner is None and flags.FLAGS.beam_options:
        raise UserError(f"--beam_options={','.join(flags.FLAGS.beam_options)} needs --beam_runner")
    # A worker imports TensorFlow too: both at the same time.
    pool = WorkerPool("pipelines.images.checking") if is_folder and not runner else None
    with pool or contextlib.nullcontext():
        import ivaae_tf.program.startup  # noqa: F401

        from pipelines import datasets
        from pipelines.folder.work import FolderWork

        work = FolderWork(pool)
        if runner is not None:
            from pipelines.folder import beam

            work = beam.BeamWork(runner, flags.FLAGS.beam_options or [])
        dataset = datasets.open_dataset(
            flags.FLAGS.dataset,
            **data_flags.data_location(flags.FLAGS.flag_values_dict()),
            overwrite=flags.FLAGS.overwrite,
            folder_work=work,
        )
    for key, value in dataset.description.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    command_line.run(main, data_flags.PREPARE)
