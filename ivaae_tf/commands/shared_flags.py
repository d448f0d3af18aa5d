"""Definitions of the flags that several commands share."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from ivaae_tf import choices
from ivaae_tf.program import help_page, path_flags
from ivaae_tf.program.number_flags import define_number, define_numbers
from ivaae_tf.program.path_flags import define_name, define_path
from ivaae_tf.program.ranges import EPOCHS, STEPS, Range

_SCORED = Range(4, 100_000_000)  # numbers of images and codes


def define_workdir_flag(check: path_flags.Check = path_flags.output_folder) -> None:
    """Defines --workdir."""
    with help_page.topic("Run"):
        define_path("workdir", None, "Folder of the run.", check, required=True)


def define_evaluation_flags() -> None:
    """Defines the flags of the evaluation: the network and the image counts."""
    with help_page.topic("Evaluation"):
        flags.DEFINE_enum(
            "extractor",
            "auto",
            list(choices.EXTRACTORS),
            "Network for the features that are compared; auto: inception2015 if --inception_graph "
            "is set, else classifier if the data have labels, else none.",
        )
        define_path(
            "inception_graph",
            None,
            "Path or URL of classify_image_graph_def.pb, the network of the standard FID, or of "
            "inception-2015-12-05.tgz, the archive that contains it.",
            path_flags.existing_file_or_address,
        )
        define_name(
            "inception_graph_sha256",
            None,
            "SHA-256 of classify_image_graph_def.pb. It confirms that --inception_graph is the "
            "published graph; only then its scores are called FID.",
            _check_sha256,
        )
        define_number("num_samples", 20_000, "Number of samples to score.", _SCORED)
        define_number("num_codes", 60_000, "Maximum number of training images to encode.", _SCORED)


def evaluation_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of `make_evaluator` that the values of all flags give."""
    names = ("extractor", "inception_graph", "inception_graph_sha256")
    return {name: values[name] for name in (*names, "data_dir", "num_samples", "num_codes")}


def define_run_flags() -> None:
    """Defines the flags of the run's folder and of the output intervals."""
    define_workdir_flag(path_flags.folder)  # Of several workers, only the chief writes to it.
    with help_page.topic("Run"):
        flags.DEFINE_bool(
            "dry_run",
            False,
            "Only prepare the data, and print settings, parameters, steps and times.",
        )
        define_log_every()
        define_number(
            "evaluate_every", 10, "Epochs between two evaluations; 0 for none.", Range(0, 1_000_000)
        )
        define_number("pictures_every", 1, "Epochs between sets of pictures.", EPOCHS)
        define_number(
            "checkpoint_every_steps",
            0,
            "Steps between two checkpoints within an epoch; 0 for none.",
            Range(0, STEPS.high),
        )
        define_number(
            "checkpoint_every_minutes",
            10.0,
            "Minutes between two checkpoints within an epoch; 0 for none.",
            Range(0.0, 1e6),
        )
        define_number(
            "keep_checkpoint_every",
            0,
            "Epochs between two checkpoints that are kept as epoch_0010.keras; 0 for none.",
            Range(0, 1_000_000),
        )
        define_numbers(
            "profile_steps",
            (),
            "First and last step of a profile for TensorBoard, such as 100,120; empty for none.",
            Range(1, 1_000_000_000),
        )
        flags.register_validator("profile_steps", _check_profile_steps)
        flags.DEFINE_enum(
            "on_nonfinite",
            "stop",
            choices.ON_NON_FINITE,
            "At a loss that is NaN or infinite: stop, or restore the last checkpoint and go on "
            "with other noise.",
        )
        define_number(
            "max_restores", 3, "Times that a run may go back by --on_nonfinite.", Range(1, 1000)
        )
        flags.DEFINE_multi_enum(
            "allow_change",
            [],
            choices.MAY_CHANGE,
            "Setting that may differ from the run's so far; repeatable. The record keeps both.",
        )


def define_log_every() -> None:
    """Defines --log_every."""
    define_number("log_every", 10, "Steps between values in TensorBoard.", STEPS)


def _check_profile_steps(steps: Sequence[int]) -> bool:
    if steps and (len(steps) != 2 or steps[0] > steps[1]):
        raise flags.ValidationError("expected the first and the last step, such as 100,120")
    return True


def _check_sha256(value: str) -> None:
    if not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise flags.ValidationError("a SHA-256 has 64 hexadecimal digits")
