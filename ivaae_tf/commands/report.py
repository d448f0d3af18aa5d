"""Compares finished runs: `ivaae report runs/a runs/b --out=report`.

Writes index.html, a page that needs no other file, report.md, and each figure as PNG with its data.
"""

from pathlib import Path

from absl import flags

from ivaae_tf import commands
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.written_folders import replace_written_folder
from ivaae_tf.reporting import html
from ivaae_tf.reporting.contents import build_report
from ivaae_tf.runs.finished import read_runs

FLAGS = flags.FLAGS
commands.REPORT.define_flags()


def main(argv) -> None:
    """Writes the report."""
    if len(argv) < 2:
        raise UserError("no runs given; expected their folders: ivaae report RUN... --out=report")
    out = Path(FLAGS.out).absolute()
    is_new = not out.exists()
    if not (is_new or _is_report(out)):
        raise UserError(f"--out: {out} has other content than a report; give a new folder")
    runs = read_runs(argv[1:])
    report = build_report(runs)
    with replace_written_folder(out, is_new=is_new) as folder:
        for name, content in report.files().items():
            (folder / name).write_bytes(content)
        (folder / "index.html").write_text(html.to_html(report), "utf-8")
        (folder / "report.md").write_text(str(report), "utf-8")
    print(f"report on {len(runs)} run(s): {out / 'index.html'}")


def _is_report(folder: Path) -> bool:
    index = folder / "index.html"
    return index.is_file() and html.GENERATOR in index.read_text("utf-8", "replace")[:1000]


if __name__ == "__main__":
    command_line.run(main, commands.REPORT)
