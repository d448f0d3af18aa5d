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
from ivaae_tf.program.written_folders import replace_written_folder

FLAGS = flags.FLAGS


def main(argv: Sequence[str]) -> None:
    """Writes the report; needs no TensorFlow."""
    from ivaae_tf.reporting import html
    from ivaae_tf.reporting.contents import build_report
    from ivaae_tf.runs.finished import read_runs

    if len(argv) < 2:
        raise UserError("no runs given; expected their folders: ivaae report RUN... --out=report")
    out = Path(FLAGS.out).absolute()
    advice = "give a new folder, or the folder of a report"
    with replace_written_folder(out, may_replace=html.is_report(out), advice=advice) as folder:
        runs = read_runs(argv[1:])
        report = build_report(runs)
        for name, content in report.files().items():
            (folder / name).write_bytes(content)
        (folder / "index.html").write_text(html.to_html(report), "utf-8")
        (folder / "report.md").write_text(str(report), "utf-8")
    print(f"report on {len(runs)} run(s): {out / 'index.html'}")


def define_flags() -> None:
    """Defines the flag of the report's folder."""
    define_path(
        "out",
        "report",
        "Folder of the report: a new one, or an older report.",
        path_flags.output_folder,
    )


COMMAND = Command(main, define_flags, __doc__, takes_arguments=True)
