"""Compares finished runs: `ivaae report runs/a runs/b --out=report`.

Writes index.html, a page that needs no other file, report.md, and each figure as PNG with its data.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from ivaae_tf.program import path_flags
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.path_flags import define_path

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Writes the report; needs no TensorFlow."""
    from ivaae_tf.reporting.report_folder import write_report

    if len(argv) < 2:
        raise UserError("no runs given; expected their folders: ivaae report RUN... --out=report")
    page = write_report(argv[1:], Path(FLAGS.out))
    print(f"report on {len(argv) - 1} run(s): {page}")


def define_flags() -> None:
    """Defines the flag of the report's folder."""
    define_path(
        "out",
        "report",
        "Folder of the report: a new one, or an older report.",
        path_flags.output_folder,
    )


COMMAND = Command(main, define_flags, __doc__, takes_arguments=True)
