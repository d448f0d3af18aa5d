"""Writes the TFRecords of a data set.

ivaae prepare --dataset=folder --image_folder=photos
"""

from collections.abc import Sequence

import pipelines.startup  # noqa: F401

from absl import flags

from pipelines import command_line, datasets, options

options.PREPARE.define_flags()


def main(argv: Sequence[str]) -> None:
    """Prepares the data set and prints its description."""
    del argv
    dataset = datasets.open_dataset(
        flags.FLAGS.dataset,
        data_dir=flags.FLAGS.data_dir,
        image_folder=flags.FLAGS.image_folder,
        manual_dir=flags.FLAGS.manual_dir,
        overwrite=flags.FLAGS.overwrite,
    )
    for key, value in dataset.description.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    command_line.run(main, options.PREPARE)
