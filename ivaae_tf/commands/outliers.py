"""Finds the images that are unlike the training images.

    ivaae outliers --workdir=runs/photos --image_folder=new_photos --out=outliers

A model reconstructs poorly what it has not learned. The p-value of an image is the share of
held-out images with the same or a larger reconstruction error. The energy of the code, under a
mixture of the training codes, stands beside it; each alone can miss outliers, so there is a p-value
of both together, too. --out gets a table and a picture of the worst images, each with its
reconstruction and its errors; for vectors, the table has the three columns that cost most. With
--normal, the program also reports how well the errors distinguish the outliers from the normal
images.
"""

from collections.abc import Sequence

from absl import flags

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import DataDirectories, OutlierOptions
from ivaae_tf.commands.shared_flags import (
    define_images_flags,
    define_network_flag,
    define_out_flag,
    define_workdir_flag,
)
from ivaae_tf.program.command import Command, topic

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Evaluates the images, writes the table and the picture, and prints what was found."""
    del argv
    from ivaae_tf.api.opening import open_run
    from ivaae_tf.metrics.score_table import format_scores

    arguments = keywords(FLAGS.flag_values_dict(), OutlierOptions, DataDirectories)
    found = open_run(FLAGS.workdir, FLAGS.network).outliers(out=FLAGS.out, **arguments)
    if found.refused:
        name, reason = found.refused[0]
        print(f"{len(found.refused)} file(s) cannot be read, such as {name}: {reason}")
    print(
        f"{found.num_outliers:,} of {found.num_images:,} images cost more than "
        f"{found.threshold:.5g}, as {found.rate:.2g} of images like the {found.num_held_out:,} "
        "held-out ones do"
    )
    print(f"table and worst images in {FLAGS.out}")
    if found.scores:
        print(format_scores(found.scores))


def define_flags() -> None:
    """Defines the flags of the run, the images, the result and the data."""
    define_workdir_flag()
    define_network_flag()
    with topic("Result"):
        define_out_flag("Folder for the table and the picture.")
    define_images_flags(OutlierOptions)


COMMAND = Command(
    main,
    define_flags,
    __doc__,
    first_flags=("workdir", "image_folder", "split", "out", "normal", "false_alarm_rate"),
)
