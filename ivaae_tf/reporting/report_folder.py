"""The folder of a report."""

import os
from collections.abc import Sequence
from pathlib import Path

from ivaae_tf.program.written_folders import replace_written_folder
from ivaae_tf.reporting import html
from ivaae_tf.reporting.contents import build_report
from ivaae_tf.runs.finished import read_runs


def write_report(runs: Sequence[str | os.PathLike], out: Path) -> Path:
    """Writes the report on the runs in some folders, instead of an earlier one; returns its page.

    Raises:
        UserError: If a folder is not a run, or `out` has something else than a report.
    """
    out = out.absolute()
    advice = "give a new folder, or the folder of a report"
    with replace_written_folder(out, may_replace=html.is_report(out), advice=advice) as folder:
        report = build_report(read_runs([Path(run) for run in runs]))
        for name, content in report.files().items():
            (folder / name).write_bytes(content)
        (folder / "index.html").write_text(html.to_html(report), "utf-8")
        (folder / "report.md").write_text(str(report), "utf-8")
    return out / "index.html"
