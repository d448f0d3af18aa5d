"""Flags of a training, shared by the commands that train runs."""

from typing import Any

from absl import flags

from ivaae_tf.api import keywords
from ivaae_tf.api.options import EvaluationOptions, TrainingOptions
from ivaae_tf.commands import data_flags
from ivaae_tf.commands.setting_flags import check_settings, define_setting_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.path_flags import define_path
from ivaae_tf.settings import AUTO, Settings

DISTRIBUTIONS = ("auto", "none", "mirrored", "multi_worker")
# Name -> names of the flags that it sets in one.
SHORT_FORMS = {"learning_rate": keywords.SHORT_FORMS["learning_rate"]}


def define_training_flags() -> None:
    """Defines the flags of a training without --workdir: data, settings, machine, evaluation."""
    define_setting_flags(TrainingOptions, of="Run")
    data_flags.define_data_flags()
    define_setting_flags(Settings)
    define_setting_flags(TrainingOptions, of="Optimization")
    with topic("Optimization"):
        define_path(
            "init_from",
            Settings.init_from,
            "Fine-tune: start from the weights of this run folder or checkpoint.",
        )
    with topic("Machine"):
        flags.DEFINE_flag(precision_flag())
        flags.DEFINE_enum("distribution", "auto", DISTRIBUTIONS, "Devices to train on.")
    define_setting_flags(TrainingOptions, of="Machine")
    check_settings(Settings)
    check_settings(TrainingOptions)
    define_setting_flags(EvaluationOptions)


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
        Settings.mixed_precision,
        "Compute in bfloat16 and keep weights in float32. auto: bfloat16 if a timed step is at "
        "least 1.1 times faster.",
        boolean=True,
    )
