"""Shows a run: `ivaae show runs/demo`.

Prints its method, data, epochs and scores, the files in its folder, and the next commands.
"""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import sides
from ivaae_tf.program.shown_text import escaped

if TYPE_CHECKING:
    from ivaae_tf.runs.directory import RunDirectory


def main(argv: Sequence[str]) -> None:
    """Prints the runs one after another; needs no TensorFlow."""
    from ivaae_tf.runs.finished import open_runs

    if len(argv) < 2:
        raise UserError("no run given; expected its folder: ivaae show RUN")
    print("\n\n".join(escaped_lines(describe(run)) for run in open_runs(argv[1:]).values()))


def describe(run: "RunDirectory") -> list[str]:
    """Returns what a run is, its scores and files, and what to do next, as lines."""
    from ivaae_tf.metrics.score_table import format_scores

    record, history, scores = run.read_record(), run.read_history(), run.read_scores()
    settings, data = record.settings, record.data
    height, width = sides(settings.image_size)
    columns = data.get("columns")
    shape = f"{len(columns)} columns" if columns else f"{height}×{width} pixels"
    counts = ", ".join(f"{count:,} {split}" for split, count in data["num_images"].items())
    facts = {
        "run": str(run.path),
        "method": f"{settings.method}: {settings.method_row.purpose}",
        "data": f"{data['name']} ({counts}), {shape}",
        "networks": f"{settings.network}, width {settings.width:g}, {settings.latent_dim} latent "
        f"dimensions; {sum(record.parameters.values()):,} parameters",
        "epochs": f"{max(history, default=0)}",
    }
    lines = [f"{name:10}{fact}" for name, fact in facts.items()]
    last = max((score.epoch or 0 for score in scores), default=0)
    if latest := [score for score in scores if (score.epoch or 0) == last]:
        lines += ["", *format_scores(latest).splitlines()]
    files = sorted(path.name for path in run.path.iterdir() if not path.name.startswith("."))
    return [*lines, "", f"files     {', '.join(files)}", "next", *_next_commands(run)]


def _next_commands(run: "RunDirectory") -> list[str]:
    folder = shlex.quote(str(run.path))
    if not run.last_checkpoint_path.exists():
        return [f"  ivaae train --workdir={folder} …"]
    return [
        f"  ivaae evaluate --workdir={folder}",
        f"  ivaae export --workdir={folder} --out={folder}/saved_model",
        f"  ivaae report {folder} --out=report",
    ]


def escaped_lines(lines: Sequence[str]) -> str:
    """Returns lines as text in which nothing moves the terminal's cursor."""
    return "\n".join(map(escaped, lines))


COMMAND = Command(main, description=__doc__, takes_arguments=True)
