"""Options of the functions and commands that are not settings of a run, without TensorFlow."""

import dataclasses
import functools
import re
from typing import Any

from absl import flags

from ivaae_tf.methods import SAMPLERS
from ivaae_tf.program import path_flags
from ivaae_tf.program.ranges import EPOCHS, STEPS, Range
from ivaae_tf.setting_fields import RecordedSettings, SettingsError, Text, setting
from ivaae_tf.settings import MAY_CHANGE

EXTRACTORS = ("auto", "none", "classifier", "inception2015", "keras_inception")
# Format -> a file that each export of it has.
FORMATS = {"saved_model": "saved_model.pb", "onnx": "decoder.onnx"}

OF_A_RUN = "Data of the run, if they were moved"

_SCORED = Range(4, 100_000_000)  # numbers of images and codes
_EPOCHS_OR_NONE = Range(0, 1_000_000)

_data = functools.partial(setting, topic=OF_A_RUN)
_run = functools.partial(setting, topic="Run")
_machine = functools.partial(setting, topic="Machine")
_evaluation = functools.partial(setting, topic="Evaluation")
_evaluated = functools.partial(setting, topic="Images to evaluate")
_flag = functools.partial(setting, topic="Flags")


def _log_every() -> Any:
    return _run(10, STEPS, "Steps between values in TensorBoard.")


def _check_cache(value: str) -> None:
    if value not in ("auto", "none", "memory"):
        path_flags.output_folder(value)


def _check_sha256(value: str) -> None:
    if not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise flags.ValidationError("a SHA-256 has 64 hexadecimal digits")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataDirectories(RecordedSettings):
    """The folders of records and of original files."""

    data_dir: str = _data(
        "data",
        Text(path_flags.folder_or_new, is_path=True),
        "Folder of the prepared data sets (TFRecords).",
    )
    manual_dir: str | None = _data(
        None,
        Text(path_flags.existing_folder, is_path=True),
        "Folder with original files of the data set that you downloaded yourself.",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Places(RecordedSettings):
    """The places of the user's images, and the label."""

    image_folder: str | None = _data(
        None,
        Text(path_flags.existing_folder, is_path=True),
        "Folder of JPEG, PNG, GIF, BMP, WebP and TIFF files at any depth, for --dataset=folder.",
    )
    array: str | None = _data(
        None,
        Text(path_flags.existing_file, is_path=True),
        "NumPy file for --dataset=array: .npy with images, shape (n, height, width) or "
        "(n, height, width, 1 or 3) and levels 0 to 255, or 0 to 1 if they are floating-point "
        "numbers, or .npz with images and labels. Or vectors: .npy of shape (n, d), or a CSV table "
        "with a header.",
    )
    label: str | None = _data(
        None, Text(), "Which label to use, such as Smiling of celeb_a; by default the class."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataOptions(DataDirectories, _Places):
    """All arguments that locate the data, besides the name."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan(RecordedSettings):
    """Length of a training, and intervals at which it writes."""

    epochs: int = setting(300, EPOCHS, "Total number of training epochs.", topic="Optimization")
    log_every: int = _log_every()
    checkpoint_every_steps: int = _run(
        0, Range(0, STEPS.high), "Steps between two checkpoints within an epoch; 0 for none."
    )
    checkpoint_every_minutes: float = _run(
        10.0, Range(0.0, 1e6), "Minutes between two checkpoints within an epoch; 0 for none."
    )
    keep_checkpoint_every: int = _run(
        0,
        _EPOCHS_OR_NONE,
        "Epochs between two checkpoints that are kept as epoch_0010.keras; 0 for none.",
    )
    profile_steps: tuple[int, ...] = _run(
        (),
        Range(1, 1_000_000_000),
        "First and last step of a profile for TensorBoard, such as 100,120; empty for none.",
    )

    def check(self, *, to_train: bool = True) -> None:
        """Checks the values one by one, and that a profile has a first and a last step.

        Raises:
            SettingsError: If not.
        """
        super().check(to_train=to_train)
        steps = self.profile_steps
        if steps and (len(steps) != 2 or steps[0] > steps[1]):
            raise SettingsError(
                "profile_steps must be the first and the last step, such as 100,120. Received: "
                f"{list(steps)}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingOptions(Plan):
    """Options of a training that do not change its result, and the plan."""

    dry_run: bool = _run(False, bool, "")
    evaluate_every: int = _run(10, _EPOCHS_OR_NONE, "Epochs between two evaluations; 0 for none.")
    pictures_every: int = _run(1, EPOCHS, "Epochs between sets of pictures.")
    on_nonfinite: str = _run(
        "stop",
        ("stop", "restore"),
        "At a NaN or infinite loss: stop, or restore the last checkpoint and continue with "
        "different noise.",
    )
    max_restores: int = _run(3, Range(1, 1000), "Maximum number of restores with --on_nonfinite.")
    allow_change: tuple[str, ...] = _run(
        (),
        (*MAY_CHANGE, "network_source"),
        "Setting that a resumed run may use another value of, or text of your own networks; "
        "repeatable. The record keeps both.",
    )
    steps_per_execution: int = _machine(
        1, Range(1, 100_000), "Training steps per compiled call (Keras steps_per_execution)."
    )
    cache: str = _machine(
        "auto",
        Text(_check_cache, is_path=True),
        "Where to keep the resized images between epochs: memory, none, a folder, or auto: memory "
        "if they need less than a quarter of the free memory, else a file beside the records if "
        "the disk has room, else none.",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluationOptions(RecordedSettings):
    """The network whose features are compared, and the image counts."""

    extractor: str = _evaluation(
        "auto",
        EXTRACTORS,
        "Network whose features are compared; auto: inception2015 if --inception_graph is set, "
        "else classifier if the data have labels, else none.",
    )
    inception_graph: str | None = _evaluation(
        None,
        Text(path_flags.existing_file_or_address, is_path=True),
        "Path or URL of classify_image_graph_def.pb, the network of the standard FID, or of "
        "inception-2015-12-05.tgz, the archive that contains it.",
    )
    inception_graph_sha256: str | None = _evaluation(
        None,
        Text(_check_sha256),
        "SHA-256 of classify_image_graph_def.pb. It confirms that --inception_graph is the "
        "published graph; only then its scores are called FID.",
    )
    num_samples: int = _evaluation(20_000, _SCORED, "Number of samples to score.")
    num_codes: int = _evaluation(60_000, _SCORED, "Training images to encode for FLD, at most.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamplerOptions(RecordedSettings):
    """The sources of the codes of samples to score."""

    sampler: tuple[str, ...] = _flag(
        (),
        SAMPLERS,
        "Source of the codes of samples; repeatable. By default the method's sampler.",
    )
    num_components: int = _flag(
        10, Range(1, 100_000), "Components of --sampler=gmm, or of each class of class_gmm."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreOptions(SamplerOptions):
    """The samplers and further scores of a run."""

    num_nearest: int = _flag(
        0,
        Range(0, 1000),
        "Samples to show beside their nearest training images; above 0, also measures whether "
        "samples are copies.",
    )
    per_class: bool = _flag(
        False,
        bool,
        "Score reconstructions of each class, new images if the run or --sampler=class_gmm has "
        "classes, and a linear probe of the codes; store mean codes for `ivaae sample --edit`.",
    )
    num_projected: int = _flag(
        0, Range(0, 100_000), "Held-out codes to write for TensorBoard's Projector."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportOptions(RecordedSettings):
    """The format and the samplers of an export."""

    format: str = _flag(
        "saved_model",
        tuple(FORMATS),
        "SavedModel for TensorFlow, or ONNX files of encoder and decoder (needs tf2onnx).",
    )
    sampler: tuple[str, ...] = _flag(
        (),
        SAMPLERS,
        "Samplers to export besides the prior and the method's own; repeatable.",
    )
    overwrite: bool = _flag(False, bool, "Replace an existing export of the format.")

    def check(self, *, to_train: bool = True) -> None:
        """Checks the values one by one, and that an ONNX file has no sampler.

        Raises:
            SettingsError: If not.
        """
        super().check(to_train=to_train)
        if self.format == "onnx" and self.sampler:
            raise SettingsError(
                "--sampler is for --format=saved_model; an ONNX file has no sampler"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassifyOptions(RecordedSettings):
    """The images to classify, one of the first three."""

    image_folder: str | None = _evaluated(
        None, Text(path_flags.existing_folder, is_path=True), "Folder of images at any depth."
    )
    array: str | None = _evaluated(
        None,
        Text(path_flags.existing_file, is_path=True),
        "For a run of vectors or signals: CSV table or .npy file, instead of --image_folder.",
    )
    split: str | None = _evaluated(
        None,
        ("train", "validation"),
        "A split of the run's data, instead of --image_folder.",
    )
    training_folder: str | None = _data(
        None,
        Text(path_flags.existing_folder, is_path=True),
        "Folder that the run was trained on, if its records are gone.",
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class OutlierOptions(ClassifyOptions):
    """Options of outlier detection."""

    normal: tuple[str, ...] = _evaluated(
        (),
        Text(),
        "First-level subfolder, or class of the split, whose images are normal; repeatable. "
        "All others are then outliers, and AUROC and average precision are reported.",
    )
    false_alarm_rate: float | None = setting(
        None,
        Range(1e-6, 0.5),
        "Share of normal images that may be flagged by mistake; by default 0.01, or 1/(n+1) "
        "with only n < 99 held-out images.",
        topic="Result",
    )
    num_worst: int = setting(32, Range(1, 10_000), "Images in the picture.", topic="Result")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecondStageOptions(RecordedSettings):
    """Options of the training of a second stage, besides its settings."""

    log_every: int = _log_every()
    overwrite: bool = _run(False, bool, "Replace an existing second stage by a new one.")
    epochs: int = setting(800, EPOCHS, "Total number of epochs.", topic="Optimization")
