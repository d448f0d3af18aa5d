"""Flags that choose the images, shared by the mains."""

from collections.abc import Mapping
from typing import Any

from absl import flags

from ivaae_tf.program import help_page, path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.path_flags import define_name, define_names, define_path


def define_data_flags() -> None:
    """Defines --dataset and the flags of the places of its files."""
    with help_page.topic("Data"):
        define_name(
            "dataset",
            "digits",
            "digits, folder (with --image_folder), array (with --array), an image data set of "
            "TensorFlow Datasets (mnist, cifar10, celeb_a, ...), or huggingface:OWNER/NAME.",
        )
    define_data_location_flags()


def define_data_location_flags() -> None:
    """Defines --data_dir, --image_folder, --array and --manual_dir."""
    with help_page.topic("Data"):
        define_path(
            "image_folder",
            None,
            "Folder of JPEG, PNG, GIF, BMP, WebP and TIFF files at any depth, for "
            "--dataset=folder.",
            path_flags.existing_folder,
        )
        define_path(
            "array",
            None,
            "NumPy file for --dataset=array: .npy with images, shape (n, height, width) or "
            "(n, height, width, 1 or 3) and levels 0 to 255, or 0 to 1 if they are floating-point "
            "numbers, or .npz with images and labels.",
            path_flags.existing_file,
        )
        define_data_dir_and_manual_dir()
        define_name(
            "label",
            None,
            "Label of the images, a class or a truth value, such as Smiling of celeb_a; by default "
            "the class.",
        )


def data_location(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the flags say of the data as arguments of `open_dataset`."""
    names = ("data_dir", "image_folder", "array", "manual_dir", "label")
    return {name: values[name] for name in names}


def define_data_dir_and_manual_dir() -> None:
    """Defines --data_dir and --manual_dir."""
    define_path("data_dir", "data", "Folder for the records.", path_flags.folder_or_new)
    define_path(
        "manual_dir",
        None,
        "Folder of original files that cannot or need not be downloaded.",
        path_flags.existing_folder,
    )


def _declare_prepare_flags() -> None:
    define_data_flags()
    flags.DEFINE_bool("overwrite", False, "Prepare existing records again.")
    with help_page.topic("Apache Beam, for --dataset=folder"):
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


PREPARE = Command(
    "ivaae_tf.commands.prepare", "writes the records of a data set", _declare_prepare_flags
)
