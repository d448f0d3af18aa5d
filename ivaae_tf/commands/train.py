"""Trains a model: `ivaae train --flagfile=demo --workdir=runs/demo`.

If --workdir already holds the run, training resumes from its last checkpoint. The final weights
and curves are the same as without the interruption.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from absl import flags

from ivaae_tf.commands import data_flags, shared_flags
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command, topic
from ivaae_tf.program.number_flags import define_number, define_numbers
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.program.ranges import EPOCHS, STEPS, Range
from ivaae_tf.settings import AUTO, MAY_CHANGE, Settings

FLAGS = flags.FLAGS
DISTRIBUTIONS = ("auto", "none", "mirrored", "multi_worker")


def main(argv: Sequence[str]) -> None:
    """Starts or resumes training; every worker runs this."""
    del argv
    from ivaae_tf.runs.directory import RunDirectory
    from ivaae_tf.training.checkpointed import Plan
    from ivaae_tf.training.distribute.workers import Workers
    from ivaae_tf.training.run import train

    values = FLAGS.flag_values_dict()
    settings = Settings.from_flags(values)
    plan = Plan(**{field.name: values[field.name] for field in dataclasses.fields(Plan)})
    workers = Workers(FLAGS.distribution)
    workers.check_flags(batch_size=settings.batch_size, jit_compile=settings.jit_compile)
    with workers.ending_together():
        train(
            settings,
            plan,
            RunDirectory(FLAGS.workdir),
            workers,
            data=data_flags.data_location(values),
            evaluation=shared_flags.evaluation_values(values),
            dry_run=FLAGS.dry_run,
            mixed_precision=FLAGS.mixed_precision,
            steps_per_execution=FLAGS.steps_per_execution,
            cache=FLAGS.cache,
            evaluate_every=FLAGS.evaluate_every,
            pictures_every=FLAGS.pictures_every,
            max_restores=FLAGS.max_restores if FLAGS.on_nonfinite == "restore" else 0,
            allow_change=FLAGS.allow_change,
        )


def define_flags() -> None:
    """Defines the flags of the run, the data, the settings, the machine and the evaluation."""
    shared_flags.define_workdir_flag(path_flags.folder)  # Only the chief worker writes to it.
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
    flags.DEFINE_bool(
        "dry_run", False, "Only prepare the data, and print settings, parameters, steps and times."
    )
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
        [*MAY_CHANGE, "network_source"],
        "Setting that a resumed run may use another value of, or text of your own networks; "
        "repeatable. The record keeps both.",
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


COMMAND = Command(
    main,
    define_flags,
    __doc__,
    first_flags=(
        *("workdir", "dataset", "image_folder", "method", "network", "image_size", "width"),
        *("batch_size", "epochs", "evaluate_every"),
    ),
    short_forms={"learning_rate": ("learning_rate_encoder", "learning_rate_decoder")},
)
