"""Writes some photos of CIFAR-10 as a NumPy file.

    python -m results.few_photos.photos --manual_dir=cifar10 --batch=2 --number=500 --out=few.npy

--manual_dir has the binary files of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz.
"""

from pathlib import Path

import numpy as np
from absl import flags

from ivaae_tf.commands.data_flags import define_data_location_flags
from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import Range
from results.cifar10_folder import images

FLAGS = flags.FLAGS


def _declare_flags() -> None:
    define_number("batch", 1, "Number of the file.", Range(1, 5))
    define_number("number", 500, "Number of photos, from the first.", Range(2, 10_000))
    define_path("out", None, "File to write.", required=True)
    define_data_location_flags()


def main(argv) -> None:
    """Writes the file."""
    del argv
    if FLAGS.manual_dir is None:
        raise UserError("give the folder of data_batch_1.bin and data_batch_2.bin as --manual_dir")
    photos = images(Path(FLAGS.manual_dir, f"data_batch_{FLAGS.batch}.bin"))
    with replace_when_complete(FLAGS.out) as path, path.open("wb") as file:
        np.save(file, photos[: FLAGS.number])


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags))
