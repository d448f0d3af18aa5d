"""Flags that several commands share."""

from absl import flags

from ivaae_tf.api.options import ClassifyOptions, DataDirectories
from ivaae_tf.commands.setting_flags import define_setting_flags
from ivaae_tf.program import path_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.number_flags import define_number
from ivaae_tf.program.path_flags import define_name, define_path
from ivaae_tf.program.ranges import Range
from ivaae_tf.setting_fields import is_object_name


def define_workdir_flag(check: path_flags.Check = path_flags.output_folder) -> None:
    """Defines --workdir."""
    with topic("Run"):
        define_path("workdir", None, "Folder of the run.", check, required=True)


def define_network_flag() -> None:
    """Defines --network of the commands that load a model."""
    with topic("Run"):
        define_name(
            "network",
            None,
            "For a run whose networks have classes of your own: my_package.my_module:MyNetworks, "
            "which is imported.",
            _check_network,
        )


def import_network(name: str | None) -> None:
    """Imports the module of the user's networks, if --network names one."""
    if name is not None:
        from ivaae_tf.models.networks.own import networks_named

        networks_named(name)


def _check_network(value: str) -> None:
    if not is_object_name(value):
        raise flags.ValidationError("expected module:Name")


def define_images_flags(options: type[ClassifyOptions]) -> None:
    """Defines the flags of options with images, of which one source must be given, and the data."""
    define_setting_flags(options)
    define_setting_flags(DataDirectories)
    flags.register_multi_flags_validator(
        ["image_folder", "array", "split"],
        lambda values: list(values.values()).count(None) == 2,
        "give one of --image_folder, --array and --split",
    )


def define_job_flags(num_processes: int, result: str) -> None:
    """Defines --num_processes and --minutes of programs that train several runs.

    Args:
        num_processes: The default.
        result: What is written after the runs.
    """
    define_number(
        "num_processes",
        num_processes,
        "Runs at a time, which share the processor's cores.",
        Range(1, 1000),
    )
    define_number(
        "minutes",
        1e6,
        f"Minutes after which no further run begins; with 0, only the {result} is written.",
        Range(0.0, 1e6),
    )


def define_out_flag(help_text: str) -> None:
    """Defines --out, a folder."""
    define_path("out", None, help_text, path_flags.output_folder, required=True)
