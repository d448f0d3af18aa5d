"""Flags that choose the images, shared by several commands."""

from collections.abc import Mapping
from typing import Any

from ivaae_tf.api.keywords import keywords
from ivaae_tf.api.options import OF_A_RUN, DataOptions
from ivaae_tf.commands.setting_flags import define_setting_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.path_flags import define_name
from ivaae_tf.settings import Settings


def define_data_flags() -> None:
    """Defines --dataset and the flags of the places of its files."""
    with topic("Data"):
        define_name(
            "dataset",
            Settings.dataset,
            "digits, folder (with --image_folder), array (with --array), an image data set of "
            "TensorFlow Datasets (mnist, cifar10, celeb_a, ...), or huggingface:OWNER/NAME.",
        )
    define_data_location_flags("Data")


def define_data_location_flags(title: str = OF_A_RUN) -> None:
    """Defines --data_dir, --image_folder, --array, --manual_dir and --label."""
    define_setting_flags(DataOptions, title=title)


def data_location(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the flags that locate the data as arguments of `open_dataset`."""
    return keywords(values, DataOptions)
