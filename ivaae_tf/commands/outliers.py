"""Finds the images that are unlike the training images.

    ivaae outliers --workdir=runs/photos --image_folder=new_photos --out=outliers

A model reconstructs poorly what it has not learned. The p-value of an image is the share of
held-out images with the same or a larger reconstruction error. The energy of the code, under a
mixture of the training codes, stands beside it; each alone can miss outliers, so there is a p-value
of both together, too. --out gets a table and a picture of the worst images, each with its
reconstruction and its errors. With --normal, the program also reports how well the errors
distinguish the outliers from the normal images.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.commands.data_flags import OF_A_RUN, define_data_dir_and_manual_dir
from ivaae_tf.commands.shared_flags import (
    define_network_flag,
    define_out_flag,
    define_workdir_flag,
    import_network,
)
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_names, define_path
from ivaae_tf.program.ranges import Range

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Evaluates the images, writes the table and the picture, and prints what was found."""
    del argv
    import_network(FLAGS.network)
    from ivaae_tf.evaluation.outliers.run_outliers import find_outliers
    from ivaae_tf.metrics.score_table import format_scores
    from ivaae_tf.runs.directory import RunDirectory

    found = find_outliers(
        RunDirectory(FLAGS.workdir),
        Path(FLAGS.out),
        image_folder=FLAGS.image_folder,
        split=FLAGS.split or "",
        normal=FLAGS.normal or [],
        false_alarm_rate=FLAGS.false_alarm_rate,
        num_worst=FLAGS.num_worst,
        data_dir=FLAGS.data_dir,
        training_folder=FLAGS.training_folder,
        manual_dir=FLAGS.manual_dir,
    )
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
    with topic("Images to evaluate"):
        define_path(
            "image_folder", None, "Folder of images at any depth.", path_flags.existing_folder
        )
        flags.DEFINE_enum(
            "split",
            None,
            ["train", "validation"],
            "A split of the run's data, instead of --image_folder.",
        )
        define_names(
            "normal",
            "First-level subfolder, or class of the split, whose images are normal; repeatable. "
            "All others are then outliers, and AUROC and average precision are reported.",
        )
    with topic("Result"):
        define_out_flag("Folder for the table and the picture.")
        define_number(
            "false_alarm_rate",
            None,
            "Share of normal images that may be flagged by mistake; by default 0.01, or 1/(n+1) "
            "with only n < 99 held-out images.",
            Range(1e-6, 0.5),
        )
        define_number("num_worst", 32, "Images in the picture.", Range(1, 10_000))
    with topic(OF_A_RUN):
        define_path(
            "training_folder",
            None,
            "Folder that the run was trained on, if its records are gone.",
            path_flags.existing_folder,
        )
    define_data_dir_and_manual_dir()
    flags.register_multi_flags_validator(
        ["image_folder", "split"],
        lambda values: (values["image_folder"] is None) != (values["split"] is None),
        "give either --image_folder or --split",
    )


COMMAND = Command(
    main,
    define_flags,
    __doc__,
    first_flags=("workdir", "image_folder", "split", "out", "normal", "false_alarm_rate"),
)
