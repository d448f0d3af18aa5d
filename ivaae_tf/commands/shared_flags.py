"""Flags that several commands share."""

from ivaae_tf.program import path_flags
from ivaae_tf.program.command import topic
from ivaae_tf.program.path_flags import define_path


def define_workdir_flag(check: path_flags.Check = path_flags.output_folder) -> None:
    """Defines --workdir."""
    with topic("Run"):
        define_path("workdir", None, "Folder of the run.", check, required=True)


def define_out_flag(help_text: str) -> None:
    """Defines --out, a folder."""
    define_path("out", None, help_text, path_flags.output_folder, required=True)
