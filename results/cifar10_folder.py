"""Writes the images of CIFAR-10's binary files as PNG files: for studies without a network.

    python -m results.cifar10_folder --out=cifar10_photos data_batch_1.bin data_batch_2.bin

The files are from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz. A record has one
byte of the label and 32·32 bytes each of red, green and blue. Labels are not written.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image

from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.path_flags import define_path, output_folder

FLAGS = flags.FLAGS

_SIDE = 32
_RECORD = 1 + 3 * _SIDE * _SIDE


def _declare_flags() -> None:
    define_path("out", None, "Folder to write.", output_folder, required=True)


def main(argv: Sequence[str]) -> None:
    """Writes the folder as a whole."""
    if len(argv) < 2:
        raise UserError("give at least one binary file of CIFAR-10")
    with replace_when_complete(FLAGS.out, is_folder=True) as folder:
        for path in map(Path, argv[1:]):
            for number, image in enumerate(images(path)):
                Image.fromarray(image).save(folder / f"{path.stem}_{number:05}.png")
    print(FLAGS.out)


def images(path: Path) -> np.ndarray:
    """Returns the images of a file, (n, 32, 32, 3).

    Raises:
        UserError: If the file cannot be read or has no whole records.
    """
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    if not len(content) or len(content) % _RECORD:
        raise UserError(f"{path} has {len(content)} bytes; found no multiple of {_RECORD}")
    planes = content.reshape(-1, _RECORD)[:, 1:].reshape(-1, 3, _SIDE, _SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags, takes_arguments=True))
