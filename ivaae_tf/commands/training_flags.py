"""Flags of a training, shared by the commands that train runs."""

from collections.abc import Sequence
from typing import Any

from absl import flags

from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.number_flags import define_number, define_numbers
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import EPOCHS, STEPS, Range
from ivaae_tf.settings import AUTO, MAY_CHANGE, Settings

DISTRIBUTIONS = ("auto", "none", "mirrored", "multi_worker")
# Name -> names of the flags that it sets in one.
SHORT_FORMS = {"learning_rate": ("learning_rate_encoder", "learning_rate_decoder")}


def define_training_flags() -> None:
    """Defines the flags of a training without --workdir: data, settings, machine, evaluation."""
    with topic("Run"):
        _define_run_flags()
    data_flags.define_data_flags()
    define_setting_flags(Settings)
    with topic("Optimization"):
        define_number("epochs", 300, "Total number of training epochs.", EPOCHS)
        define_path(
            "init_from",
            None,
            "Fine-tune: start from the weights of this run folder or checkpoint.",
        )
    with topic("Machine"):
        _define_machine_flags()
    check_settings(Settings)
    shared_flags.define_evaluation_flags()


def _define_run_flags() -> None:
    shared_flags.define_log_every()
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
        ["stop", "restore"],
        "At a NaN or infinite loss: stop, or restore the last checkpoint and continue with "
        "different noise.",
    )
    define_number(
        "max_restores", 3, "Maximum number of restores with --on_nonfinite.", Range(1, 1000)
    )
    flags.DEFINE_multi_enum(
        "allow_change",
        [],
        MAY_CHANGE,
        "Setting that a resumed run may use another value of; repeatable. The record keeps both.",
    )


def _define_machine_flags() -> None:
    flags.DEFINE_flag(precision_flag())
    define_number(
        "steps_per_execution",
        1,
        "Training steps per compiled call (Keras steps_per_execution).",
        Range(1, 100_000),
    )
    flags.DEFINE_enum("distribution", "auto", DISTRIBUTIONS, "Devices to train on.")
    define_path(
        "cache",
        "auto",
        "Where to keep the resized images between epochs: memory, none, a folder, or auto: memory "
        "if they need less than a quarter of the free memory, else a file beside the records if "
        "the disk has room, else none.",
        _check_cache,
    )


class _PrecisionParser(flags.BooleanParser):
    """Reads a truth value, or "auto"."""

    def parse(self, argument: Any) -> Any:
        return AUTO if argument == AUTO else super().parse(argument)


def precision_flag() -> flags.Flag:
    """Returns --mixed_precision: true, false or auto; without a value, true."""
    return flags.Flag(
        _PrecisionParser(),
        flags.ArgumentSerializer(),
        "mixed_precision",
        False,
        "Compute in bfloat16 and keep weights in float32. auto: bfloat16 if a timed step is at "
        "least 1.1 times faster.",
        boolean=True,
    )


def _check_profile_steps(steps: Sequence[int]) -> bool:
    if steps and (len(steps) != 2 or steps[0] > steps[1]):
        raise flags.ValidationError("expected the first and the last step, such as 100,120")
    return True


def _check_cache(value: str) -> None:
    if value not in ("auto", "none", "memory"):
        path_flags.output_folder(value)
