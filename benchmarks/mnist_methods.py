"""Trains every method on MNIST for a few epochs, and compares their scores with pythae's AAE.

    python -m benchmarks.mnist_methods --pythae_python=pythae_venv/bin/python

The networks have the paper's full size, and the settings are those of flags/mnist_*.flags. One seed
gives a first impression, not a study. A method, or one of the two runs of pythae, takes about nine
minutes on two cores. Interrupted runs continue, and finished runs are not repeated. The table is
written to docs/mnist_methods.md, and each number with its conditions to docs/mnist_methods.csv.
"""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from absl import flags

from ivaae_tf.methods import METHODS
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_file import read_scores
from pipelines import command_line
from pipelines.atomic import replace_when_complete
from pipelines.command import Command

FLAGS = flags.FLAGS


def _declare_flags() -> None:
    flags.DEFINE_string("workdir", "runs/mnist_methods", "Folder of the runs.")
    flags.DEFINE_string("out", "docs/mnist_methods", "Table and numbers, without suffix.")
    flags.DEFINE_integer("epochs", 5, "Epochs of each run.", lower_bound=1)
    flags.DEFINE_string("data_dir", "data", "Folder for the records.")
    flags.DEFINE_string("manual_dir", None, "Folder of MNIST's four original files.")
    flags.DEFINE_string(
        "pythae_python",
        None,
        "Python with benchmarks/requirements.txt; if not set, pythae is skipped.",
    )


_COMMAND = Command("benchmarks.mnist_methods", "", _declare_flags)
_COMMAND.define_flags()


_PYTHAE = {"pythae": "pythae's `aae`, its settings", "ours": "pythae's `aae`, our settings"}


def main(argv) -> None:
    """Trains the unfinished runs, and writes the table."""
    del argv
    rows = {}
    for method in (name for name, row in METHODS.items() if row.has_encoder):
        rows[f"`{method}`"] = list(method_scores(method))
    if FLAGS.pythae_python:
        for settings, title in _PYTHAE.items():
            rows[title] = list(pythae_scores(settings))
    for suffix, text in ((".md", to_markdown(rows)), (".csv", to_csv(rows))):
        with replace_when_complete(Path(FLAGS.out + suffix)) as path:
            path.write_text(text)
    print(to_markdown(rows))


def method_scores(method: str) -> Iterator[Score]:
    """Trains a method and yields the scores of its last epoch."""
    run = Path(FLAGS.workdir, f"mnist_{method}")
    command = [sys.executable, "-m", "ivaae_tf", "train", f"--flagfile=mnist_{method}"]
    epochs = f"--epochs={FLAGS.epochs}", f"--evaluate_every={FLAGS.epochs}"
    subprocess.run([*command, f"--workdir={run}", *epochs, *_data_flags()], check=True)
    yield from (score for score in read_scores(run / "scores.json") if score.epoch == FLAGS.epochs)


def pythae_scores(settings: str) -> Iterator[Score]:
    """Trains pythae's AAE and yields its scores."""
    out = Path(FLAGS.workdir, f"pythae_{settings}.json")
    command = [FLAGS.pythae_python, "-m", "benchmarks.pythae_training", f"--settings={settings}"]
    flag_values = f"--epochs={FLAGS.epochs}", f"--out={out}"
    subprocess.run([*command, *flag_values, *_data_flags()], check=True)
    yield from map(Score.from_json, json.loads(out.read_text())["scores"])


def to_markdown(rows: dict[str, list[Score]]) -> str:
    """Returns the table and the floor of FLD."""
    lines = [
        "| System | Reconstruction | FLD | Fréchet distance | Precision | Recall |",
        "|---|---|---|---|---|---|",
    ]
    for title, scores in rows.items():
        cells = [
            _cell(scores, "reconstruction_sse", scale=0.05),
            _cell(scores, "fld", digits=3),
            _cell(scores, "frechet_", digits=1),
            _cell(scores, "precision"),
            _cell(scores, "recall"),
        ]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    (floor,) = {
        f"{score.conditions['expected_under_prior']:.4f}"
        for scores in rows.values()
        for score in scores
        if score.name == "fld"
    }
    return "\n".join(lines) + f"\n\nThe floor of FLD is {floor}.\n"


def _cell(scores: list[Score], prefix: str, scale: float = 1.0, digits: int = 2) -> str:
    (value,) = (score.value for score in scores if score.name.startswith(prefix))
    return f"{scale * value:.{digits}f}"


def to_csv(rows: dict[str, list[Score]]) -> str:
    """Returns each number with its standard error and its conditions."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["system", "score", "value", "standard_error", "conditions"])
    for title, scores in rows.items():
        for score in scores:
            conditions = json.dumps(dict(score.conditions), sort_keys=True)
            writer.writerow([title, score.name, score.value, score.standard_error, conditions])
    return text.getvalue()


def _data_flags() -> list[str]:
    manual = [f"--manual_dir={FLAGS.manual_dir}"] if FLAGS.manual_dir else []
    return [f"--data_dir={FLAGS.data_dir}", *manual]


if __name__ == "__main__":
    command_line.run(main, _COMMAND)
