"""Flags that choose the images, shared by the mains."""

from absl import flags

from pipelines import help_page

flags.disclaim_key_flags()  # so that --helpshort of a main lists the flags that it defines here


def define_data_flags() -> None:
    """Defines --dataset, --data_dir, --image_folder and --manual_dir."""
    with help_page.topic("Data"):
        flags.DEFINE_string(
            "dataset",
            "digits",
            "digits, folder (with --image_folder), or an image data set of TensorFlow Datasets: "
            "mnist, cifar10, celeb_a, ...",
        )
    define_data_location_flags()


def define_data_location_flags() -> None:
    """Defines --data_dir, --image_folder and --manual_dir."""
    with help_page.topic("Data"):
        flags.DEFINE_string("data_dir", "data", "Folder for the records.")
        flags.DEFINE_string(
            "image_folder",
            None,
            "Folder of JPEG, PNG, GIF, BMP and WebP files at any depth, for --dataset=folder.",
        )
        flags.DEFINE_string(
            "manual_dir", None, "Folder of original files that cannot or need not be downloaded."
        )
