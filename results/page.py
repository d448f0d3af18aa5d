"""The page of a study: Markdown, figures and a CSV file of all numbers."""

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ivaae_tf.plots.files import save, to_csv
from results.run import Record, Run, log_scores
from results.statistics import Interval

# Name -> title of the scores in tables.
SCORES = {
    "reconstruction_sse": "SSE",
    "fld": "FLD",
    "frechet_classifier": "Fréchet distance",
    "precision_classifier": "precision",
    "recall_classifier": "recall",
}
SCORE_TITLES = (*SCORES.values(), "seeds")
COMPARED = ("reconstruction_sse", "fld", "frechet_classifier")  # in tables of ratios
COMPARED_TITLES = tuple(SCORES[name] for name in COMPARED)


class Page:
    """A page that is put together and then written.

    Args:
        folder: Folder of the page; it has the name of the study.
        title: Title of the page.
    """

    def __init__(self, folder: Path, title: str):
        self._folder = folder
        self._parts = [f"# {title}"]

    def text(self, *paragraphs: str) -> None:
        """Adds paragraphs, lists or headings."""
        self._parts += paragraphs

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Adds a table, if it has rows."""
        if rows := list(rows):
            self._parts.append(markdown_table(header, rows))

    def figure(self, name: str, png: bytes, caption: str) -> None:
        """Writes a figure and adds it with its caption."""
        save(self._folder / f"{name}.png", png)
        self._parts.append(f"![{caption}]({name}.png)\n\n{caption}")

    def save(self, runs: Sequence[Run], records: Sequence[Record]) -> None:
        """Adds a description of what was run, and writes the page and its `numbers.csv`."""
        self._parts += _how_made(self._folder.name, runs, records)
        if runs:
            save(self._folder / "numbers.csv", _numbers(records))
        save(self._folder / "README.md", ("\n\n".join(self._parts) + "\n").encode())


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float, digits: int = 2) -> str:
    """Returns a number with so many significant digits."""
    if not np.isfinite(value):
        return "–"
    if not value:
        return "0"
    rounded = f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - int(rounded.split("e")[1]))
    return f"{float(rounded):,.{decimals}f}".replace("-", "−")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Returns mean ± standard deviation over seeds; of one seed the value alone."""
    if len(values) < 2:
        return number(float(np.mean(values)), digits) if values else "–"
    return f"{number(float(np.mean(values)), digits)} ± {number(float(np.std(values, ddof=1)), 2)}"


def score_cells(records: Sequence[Record]) -> list[str]:
    """Returns the cells under `SCORE_TITLES`: mean ± standard deviation, and the number of runs."""
    return [*(score_cell(records, name) for name in SCORES), str(len(records))]


def score_cell(records: Sequence[Record], name: str) -> str:
    """Returns mean ± standard deviation of a score."""
    return spread([record.score(name).value for record in records], 3)


def interval(values: Interval, digits: int = 2) -> str:
    """Returns mean [low, high]; of one seed the value alone."""
    mean, low, high = (number(value, digits) for value in values[:3])
    return f"{mean} [{low}, {high}]" if np.isfinite(values.low) else mean


def ratio(logs: Interval) -> str:
    """Returns the ratio whose logarithm an interval is of: mean [low, high]."""
    return interval(logs.exp, 3)


def difference(values: Interval) -> str:
    """Returns the interval of a difference, with signs: mean [low, high]."""
    mean, low, high = (("+" if value > 0 else "") + number(value, 3) for value in values[:3])
    return f"{mean} [{low}, {high}]" if np.isfinite(values.low) else mean


def score_ratio(records: Sequence[Record], others: Sequence[Record], name: str) -> str:
    """Returns the ratio of a score's geometric means over two groups of seeds, as text."""
    return ratio(Interval.between(log_scores(records, name), log_scores(others, name)))


def score_difference(records: Sequence[Record], others: Sequence[Record], name: str) -> str:
    """Returns the difference of a score's means over two groups of seeds, as text."""
    values = ([record.score(name).value for record in group] for group in (records, others))
    return difference(Interval.between(*values))


def fld_of_prior(record: Record) -> str:
    """Returns the FLD that as many samples of the prior as there are codes have, as text."""
    return number(float(str(record.score("fld").conditions["expected_under_prior"])))


# Settings that a method may have by default, so that a study need not name them.
_SETTINGS = ("num_bridges", "latent_weight", "posterior_weight")


def _numbers(records: Sequence[Record]) -> bytes:
    facts = list(dict.fromkeys(name for record in records for name in record.run.facts))
    rows = []
    for record in records:
        settings = [record.outcome.settings.get(name) for name in _SETTINGS]
        for score in record.outcome.scores:
            conditions = json.dumps(dict(score.conditions), sort_keys=True)
            rows.append(
                [
                    record.run.name,
                    *(record.run.facts.get(name) for name in facts),
                    *settings,
                    *(score.name, score.epoch, score.value, score.standard_error, conditions),
                ]
            )
    score_columns = ("score", "epoch", "value", "standard_error", "conditions")
    return to_csv(("run", *facts, *_SETTINGS, *score_columns), rows)


def _command_line(arguments: Sequence[str]) -> str:
    """Returns a command as a user would type it."""
    module, *others = arguments
    start = ["ivaae"] if module == "ivaae_tf" else ["python", "-m", module]
    return shlex.join([*start, *others])


def _versions(records: Sequence[Record], library: str) -> str:
    versions = {record.outcome.conditions["versions"][library] for record in records}
    return ", ".join(sorted(versions))


def _how_made(name: str, runs: Sequence[Run], records: Sequence[Record]) -> list[str]:
    if not runs:
        return [
            "## Commands and conditions",
            f"`python -m results.{name}` computes this page in seconds.",
        ]
    parts = [
        "## Commands and conditions",
        f"`python -m results.{name}` trains and scores what has no file in `records`, and writes "
        f"this page. {len(records)} of {len(runs)} runs are done. Every score with its conditions "
        "is in [numbers.csv](numbers.csv); curves and tables are in the records.",
    ]
    if records:
        hours = sum(sum(record.seconds.values()) for record in records) / 3600
        processors = sorted({record.outcome.conditions["processor"] for record in records})
        parts.append(
            f"Processor: {'; '.join(processors)}. The runs took {hours:.1f} hours, added up, "
            "without what was repeated or interrupted. "
            f"TensorFlow {_versions(records, 'tensorflow')}, Keras {_versions(records, 'keras')}."
        )
    example = runs[0]
    lines = [
        _command_line(example.arguments(command, Path("runs", example.name)))
        for command in example.commands
    ]
    parts.append(
        f"The first run is `{example.name}`; the commands of the others are in their records:\n\n"
        + "```sh\n"
        + "\n".join(lines)
        + "\n```"
    )
    return parts
