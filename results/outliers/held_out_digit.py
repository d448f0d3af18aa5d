"""Writes MNIST without one digit to train on, and all its test images to score.

    python -m results.outliers.held_out_digit --digit=3 --out=held_out_3

`train.npz` has the training images of the other nine, `test/` a folder for each digit.
"""

from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image

from ivaae_tf.commands.data_flags import define_data_location_flags
from ivaae_tf.program import command_line
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.command import Command
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_path, output_folder
from ivaae_tf.program.ranges import Range
from pipelines import datasets
from pipelines.batches import evaluation_batches
from pipelines.images.transforms import unscale

FLAGS = flags.FLAGS

SIDE = 32


def _declare_flags() -> None:
    define_number("digit", 0, "The digit that is held out.", Range(0, 9))
    define_path("out", None, "Folder to write to.", output_folder, required=True)
    define_data_location_flags()


def main(argv) -> None:
    """Writes the file and the folder."""
    del argv
    dataset = datasets.open_dataset("mnist", data_dir=FLAGS.data_dir, manual_dir=FLAGS.manual_dir)
    out = Path(FLAGS.out)
    images, labels = _all_images(dataset, "train")
    with replace_when_complete(out / "train.npz") as path:
        is_other = labels != FLAGS.digit
        with path.open("wb") as file:
            np.savez(file, images=images[is_other], labels=labels[is_other])
    with replace_when_complete(out / "test", is_folder=True) as folder:
        for digit in range(10):
            (folder / str(digit)).mkdir()
        for number, (image, label) in enumerate(
            zip(*_all_images(dataset, "validation"), strict=True)
        ):
            Image.fromarray(image).save(folder / str(label) / f"{number:05}.png")


def _all_images(dataset: datasets.ImageDataset, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the images of a split, uint8 (n, 32, 32), and their digits."""
    batches = evaluation_batches(dataset, split, image_size=SIDE, batch_size=500, with_labels=True)
    images, labels = zip(*((unscale(x).numpy(), y.numpy()) for x, y in batches), strict=True)
    return np.concatenate(images)[..., 0], np.concatenate(labels)


if __name__ == "__main__":
    command_line.run(Command(main, _declare_flags))
