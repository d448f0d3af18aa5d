"""The flags of each command."""

from collections.abc import Mapping
from pathlib import Path

from absl import flags

from ivaae_tf import choices
from ivaae_tf.commands import setting_flags, shared_flags
from ivaae_tf.commands.data_flags import (
    define_data_dir_and_manual_dir,
    define_data_flags,
    define_data_location_flags,
)
from ivaae_tf.commands.sample_targets import check_edit, check_targets
from ivaae_tf.program import help_page, path_flags
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_name, define_names, define_path, define_paths
from ivaae_tf.program.ranges import SEEDS, STEPS, Range
from ivaae_tf.setting_fields import LEARNING_RATES


def train_flags() -> None:
    """Declares the flags of train."""
    shared_flags.define_run_flags()
    define_data_flags()
    setting_flags.define_model_flags()
    setting_flags.define_training_flags()
    shared_flags.define_evaluation_flags()


def second_stage_flags() -> None:
    """Declares the flags of second_stage."""
    shared_flags.define_workdir_flag()
    define_data_location_flags()
    setting_flags.define_second_stage_flags()


def evaluate_flags() -> None:
    """Declares the flags of evaluate."""
    shared_flags.define_workdir_flag()
    define_data_location_flags()
    shared_flags.define_evaluation_flags()
    flags.DEFINE_multi_enum(
        "sampler",
        None,
        choices.SAMPLERS,
        "Source of the codes of new images; repeatable. By default the method's sampler.",
    )
    define_number("num_components", 10, "Number of components of --sampler=gmm.", Range(1, 100_000))
    define_number(
        "num_nearest",
        0,
        "New images that are shown beside their nearest training images; above 0, it is also "
        "measured whether new images are copies.",
        Range(0, 1000),
    )
    flags.DEFINE_bool(
        "per_class",
        False,
        "Score the reconstructions of each class, and store its mean code for `ivaae sample "
        "--edit`.",
    )
    define_number(
        "num_projected",
        0,
        "Held-out images whose codes are written for TensorBoard's page Projector.",
        Range(0, 100_000),
    )


def sample_flags() -> None:
    """Declares the flags of sample."""
    define_path("saved_model", None, "Output of `ivaae export`.", path_flags.saved_model, True)
    define_path("grid", None, "PNG file to write: a grid of samples.", path_flags.output_picture)
    define_path(
        "out_dir",
        None,
        "New folder to write: one PNG file per sample, for other programs to measure.",
        path_flags.output_folder,
    )
    define_path(
        "interpolation", None, "PNG file to write: interpolations.", path_flags.output_picture
    )
    define_number("num_images", 64, "Number of samples to draw.", Range(1, 100_000_000))
    define_name(
        "edit",
        None,
        "LABEL:STRENGTH, such as Smiling:+2: adds STRENGTH times the mean code of the images with "
        "this label, minus the mean code of the others, to each code. For --grid and --out_dir.",
        check_edit,
    )
    define_number(
        "num_columns", 8, "Images in a row of --grid and --interpolation.", Range(2, 1000)
    )
    define_number("seed", 0, "Seed; the same seed gives the same images.", SEEDS)
    flags.DEFINE_enum(
        "sampler",
        None,
        choices.SAMPLERS,
        "Source of the codes, if it was exported; by default the method's sampler.",
    )
    define_number("batch_size", 100, "Number of images in a batch.", Range(1, 1_000_000))
    flags.register_multi_flags_validator(
        ["grid", "out_dir", "interpolation", "num_images", "edit"], check_targets
    )


def export_flags() -> None:
    """Declares the flags of export."""
    define_path(
        "workdir", None, "Folder of the run to export.", path_flags.existing_folder, required=True
    )
    _define_out_flag("New folder for the model.")
    flags.DEFINE_enum(
        "format",
        "saved_model",
        choices.EXPORT_FORMATS,
        "SavedModel for TensorFlow, or ONNX files of encoder and decoder (needs tf2onnx).",
    )
    flags.DEFINE_multi_enum(
        "sampler",
        None,
        choices.SAMPLERS,
        "Samplers to export besides the prior and the method's own; repeatable.",
    )
    flags.DEFINE_bool("overwrite", False, "Replace an existing export of the format.")
    flags.register_multi_flags_validator(["format", "out"], _check_can_be_loaded)
    flags.register_multi_flags_validator(
        ["format", "sampler"],
        lambda values: values["format"] != "onnx" or not values["sampler"],
        "--sampler is for --format=saved_model; an ONNX file has no sampler",
    )


def _check_can_be_loaded(values: Mapping[str, str]) -> bool:
    if values["format"] == "saved_model":
        path_flags.check_is_no_pattern(str(Path(values["out"]).absolute()))
    return True


def report_flags() -> None:
    """Declares the flags of report."""
    define_path(
        "out",
        "report",
        "Folder of the report, new or with an older report.",
        path_flags.output_folder,
    )


def _define_out_flag(help_text: str) -> None:
    define_path("out", None, help_text, path_flags.output_folder, required=True)


def _study_flags() -> None:
    define_data_location_flags()
    define_paths(
        "workdir", "Folder of a finished run; repeatable.", path_flags.existing_folder, True
    )


def stability_flags() -> None:
    """Declares the flags of stability."""
    _study_flags()
    _define_out_flag("Folder for the table and the figures.")
    flags.DEFINE_bool(
        "fresh_discriminator",
        True,
        "Start from new discriminator weights, equal for equal shapes, not from the checkpoint's.",
    )
    flags.DEFINE_bool(
        "two_classes",
        False,
        "Tell codes from the prior with a new discriminator of two outputs, whatever chain the run "
        "was trained with, so that the codes of all methods compare.",
    )
    define_number("num_steps", 2000, "Steps of the discriminator.", STEPS)
    define_number("measure_every", 50, "Steps between two measurements.", STEPS)
    define_number("num_measured_batches", 8, "Training batches per measurement.", STEPS)
    define_number("seed", 0, "Seed of the new discriminator weights.", SEEDS)


def probe_flags() -> None:
    """Declares the flags of probe."""
    _study_flags()
    _define_out_flag("Folder for table, figure and temporary features.")
    define_number("num_steps", 5000, "Steps of the probe.", STEPS)
    define_number("measure_every", 100, "Steps between two test errors.", STEPS)
    define_number("batch_size", 60, "Images per step.", Range(1, 1_000_000))
    define_number("learning_rate", 1e-4, "Learning rate of Adam.", LEARNING_RATES)
    define_number("seed", 0, "Seed of the probe and of the order of images.", SEEDS)


def outliers_flags() -> None:
    """Declares the flags of outliers."""
    shared_flags.define_workdir_flag()
    with help_page.topic("Images to judge"):
        define_path(
            "image_folder", None, "Folder of images at any depth.", path_flags.existing_folder
        )
        flags.DEFINE_enum(
            "split",
            None,
            ["train", "validation"],
            "A split of the data that the run was trained on, instead of --image_folder.",
        )
        define_names(
            "normal",
            "First-level subfolder, or class of the split, whose images are normal; repeatable. "
            "All others are then outliers, and AUROC and average precision are computed.",
        )
    with help_page.topic("Result"):
        _define_out_flag("Folder for the table and the picture.")
        define_number(
            "false_alarm_rate",
            None,
            "Share of images like the held-out ones that may be called outliers; by default 0.01, "
            "or 1/(n+1) if there are only n < 99 held-out images.",
            Range(1e-6, 0.5),
        )
        define_number("num_worst", 32, "Images in the picture.", Range(1, 10_000))
    with help_page.topic("Data of the run"):
        define_data_dir_and_manual_dir()
        define_path(
            "training_folder",
            None,
            "Folder that the run was trained on, if its records are gone.",
            path_flags.existing_folder,
        )
    flags.register_multi_flags_validator(
        ["image_folder", "split"],
        lambda values: (values["image_folder"] is None) != (values["split"] is None),
        "give either --image_folder or --split",
    )


def film_flags() -> None:
    """Declares the flags of film."""
    define_path("workdir", None, "Folder of a run.", path_flags.existing_folder, required=True)
    define_path("out", None, "WebP file to write.", path_flags.output_film, required=True)
    flags.DEFINE_enum(
        "pictures", "samples", ["samples", "reconstructions"], "Pictures that are shown."
    )
    define_number("frames_per_second", 5.0, "Epochs with pictures per second.", Range(0.1, 50.0))


def explore_flags() -> None:
    """Declares the flags of explore."""
    define_path("workdir", None, "Folder of a run.", path_flags.existing_folder, required=True)
    _define_out_flag("New folder for the page.")
    flags.DEFINE_bool("overwrite", False, "Replace an existing explorer.")
    define_number("num_examples", 8, "Held-out images that the page offers.", Range(0, 100))
    define_path(
        "onnxruntime_web",
        None,
        "Folder with the files of onnxruntime-web (`dist` of its npm package); by default they are "
        "fetched once to --data_dir.",
        path_flags.existing_folder,
    )
    define_data_location_flags()
