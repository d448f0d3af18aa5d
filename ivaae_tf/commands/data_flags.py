"""Flags that choose the images, shared by several commands."""

from collections.abc import Mapping
from typing import Any

from ivaae_tf.program import path_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.path_flags import define_name, define_path

OF_A_RUN = "Data of the run, if they were moved"


def define_data_flags() -> None:
    """Defines --dataset and the flags of the places of its files."""
    with topic("Data"):
        define_name(
            "dataset",
            "digits",
            "digits, folder (with --image_folder), array (with --array), an image data set of "
            "TensorFlow Datasets (mnist, cifar10, celeb_a, ...), or huggingface:OWNER/NAME.",
        )
    define_data_location_flags("Data")


def define_data_location_flags(title: str = OF_A_RUN) -> None:
    """Defines --data_dir, --image_folder, --array, --manual_dir and --label."""
    with topic(title):
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
        define_name(
            "label",
            None,
            "Which label to use, such as Smiling of celeb_a; by default the class.",
        )
    define_data_dir_and_manual_dir(title)


def define_data_dir_and_manual_dir(title: str = OF_A_RUN) -> None:
    """Defines --data_dir and --manual_dir."""
    with topic(title):
        define_path(
            "data_dir",
            "data",
            "Folder of the prepared data sets (TFRecords).",
            path_flags.folder_or_new,
        )
        define_path(
            "manual_dir",
            None,
            "Folder with original files of the data set that you downloaded yourself.",
            path_flags.existing_folder,
        )


def data_location(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the flags that locate the data as arguments of `open_dataset`."""
    names = ("data_dir", "image_folder", "array", "manual_dir", "label")
    return {name: values[name] for name in names}
