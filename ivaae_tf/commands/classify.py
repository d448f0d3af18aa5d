"""Classifies images with a run of --num_categories.

    ivaae classify --workdir=runs/digits --image_folder=new_images --out=labels.csv

The table has a row for each image: file, class, probability, and entropy of the probabilities in
nats. The classes of a run without labels are the numbers of its clusters. --grid shows a row for
each category: its decoded center, and its most probable images.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import ClassifyOptions, DataDirectories
from ivaae_tf.commands.shared_flags import (
    define_images_flags,
    define_network_flag,
    define_workdir_flag,
)
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.path_flags import define_path

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Classifies the images, and writes the table and the picture."""
    del argv
    from ivaae_tf.api.opening import open_run

    arguments = keywords(FLAGS.flag_values_dict(), ClassifyOptions, DataDirectories)
    run = open_run(FLAGS.workdir, FLAGS.network)
    found = run.classify(out=FLAGS.out, grid=FLAGS.grid, **arguments)
    if found.refused:
        name, reason = found.refused[0]
        print(f"{len(found.refused)} file(s) cannot be read, such as {name}: {reason}")
    print(f"{len(found.table['file']):,} images classified in {FLAGS.out}")


def define_flags() -> None:
    """Defines the flags of the run, the images, the result and the data."""
    define_workdir_flag()
    define_network_flag()
    with topic("Result"):
        define_path("out", None, "CSV table to write.", path_flags.output_csv, required=True)
        define_path(
            "grid", None, "PNG file to write: a row for each category.", path_flags.output_picture
        )
    define_images_flags(ClassifyOptions)


COMMAND = Command(
    main, define_flags, __doc__, first_flags=("workdir", "image_folder", "split", "out", "grid")
)
