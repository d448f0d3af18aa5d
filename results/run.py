"""A run of a study: the commands that make it, and what they gave."""

import abc
import csv
import dataclasses
import glob
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import processor_name
from ivaae_tf.metrics.score import Score
from ivaae_tf.plots.files import save
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory

Facts = Mapping[str, str | int | float]
Command = tuple[str, ...]  # name and flags


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The output of the commands of a run.

    Attributes:
        settings: Settings, by name.
        scores: All scores.
        history: Epoch -> averages of that epoch.
        conditions: Processor, versions, data, number of parameters and commit.
        tables: Other results, such as the curve of a probe: name -> rows.
        pictures: PNG pictures that the page shows, by name; stored beside the record.
    """

    settings: Mapping[str, Any]
    scores: tuple[Score, ...]
    history: Mapping[int, Mapping[str, float]]
    conditions: Mapping[str, Any]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    pictures: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Run(abc.ABC):
    """Commands that train and score one model.

    Attributes:
        name: Name of its folder and its record.
        facts: What differs between the runs of the study, such as the method and the seed.
        commands: Names of commands with their flags, in order, without the flags of paths.
    """

    name: str
    facts: Facts
    commands: tuple[Command, ...]

    @abc.abstractmethod
    def arguments(self, command: Command, folder: Path) -> list[str]:
        """Returns what follows `python -m` to run a command in the folder of the run."""

    @abc.abstractmethod
    def outcome(self, folder: Path) -> Outcome:
        """Returns what the commands have written to the folder."""


@dataclasses.dataclass(frozen=True)
class IvaaeRun(Run):
    """A run of commands of `ivaae`.

    Attributes:
        keeps_pictures: Whether its last samples and reconstructions are kept.
        keeps_covariance: Whether the covariance of its last codes is kept.
    """

    keeps_pictures: bool = False
    keeps_covariance: bool = False

    def arguments(self, command: Command, folder: Path) -> list[str]:
        """Returns the command with --workdir, and --out where it needs one."""
        name, *flags = command
        tables = _tables_folder(command)
        out = [f"--out={folder / tables}"] if tables else []
        return ["ivaae_tf", name, *flags, f"--workdir={folder}", *out]

    def outcome(self, folder: Path) -> Outcome:
        """Returns the run's record, history and scores, and the tables of its commands."""
        run = RunDirectory(folder)
        record = run.read_record()
        tables = {}
        for name in filter(None, map(_tables_folder, self.commands)):
            (path,) = (folder / name).glob("*.csv")
            with path.open(newline="", encoding="utf-8") as file:
                tables[name] = list(csv.DictReader(file))
        pictures = {}
        if self.keeps_pictures:
            pictures = {
                "samples": run.samples_path.read_bytes(),
                "reconstructions": run.reconstructions_path.read_bytes(),
            }
        if self.keeps_covariance:
            tables["covariance"] = _covariance_rows(run)
        return Outcome(
            settings=record.settings.to_record(),
            scores=tuple(run.read_scores()),
            history=run.read_history(),
            conditions={
                "processor": processor_name(),
                # Not where its records are on this machine.
                "data": {name: fact for name, fact in record.data.items() if name != "records"},
                "parameters": dict(record.parameters),
                "versions": dict(record.versions),
                "git_commit": record.git_commit,
            },
            tables=tables,
            pictures=pictures,
        )


def _covariance_rows(run: RunDirectory) -> list[dict[str, str]]:
    covariance = run.read_code_covariance()
    if covariance is None:
        raise UserError(f"{run.path} has no covariance of codes")
    names = [f"z{index}" for index in range(len(covariance.matrix))]
    return [dict(zip(names, map(str, row), strict=True)) for row in covariance.matrix.tolist()]


def _tables_folder(command: Command) -> str:
    """Returns the subfolder of the run for a command that writes a table; "" for others."""
    name, *flags = command
    if name not in ("probe", "stability"):
        return ""
    return f"{name}_two_classes" if "--two_classes" in flags else name


@dataclasses.dataclass(frozen=True)
class Record:
    """A finished run.

    Attributes:
        run: The run.
        outcome: What it gave.
        seconds: Seconds of each command, since it was last started. Other runs may have used the
            processor, too.
    """

    run: Run
    outcome: Outcome
    seconds: Mapping[str, float]

    def fact(self, name: str) -> Any:
        """Returns a fact of the run."""
        return self.run.facts[name]

    def score(self, name: str, **conditions: Any) -> Score:
        """Returns the last score of a name under some conditions.

        Raises:
            KeyError: If there is none.
        """
        for score in reversed(self.outcome.scores):
            if score.name == name and conditions.items() <= score.conditions.items():
                return score
        raise KeyError(f"{self.run.name} has no {name} with {conditions}")

    def write(self, path: Path) -> None:
        """Writes the record, completely or not at all, and before it the pictures beside it."""
        for name, picture in self.outcome.pictures.items():
            save(picture_path(path, name), picture)
        values = {
            **{name: getattr(self.run, name) for name in ("name", "facts", "commands")},
            "seconds": self.seconds,
            **{name: getattr(self.outcome, name) for name in _IN_JSON},
            "scores": [score.to_json() for score in self.outcome.scores],
        }
        save(path, f"{json.dumps(values, indent=1, allow_nan=False)}\n".encode())


def covariance(record: Record) -> np.ndarray:
    """Returns the covariance of the last codes, (d, d), of a run that keeps it."""
    rows = record.outcome.tables["covariance"]
    return np.array([[float(value) for value in row.values()] for row in rows])


def mean_score(records: Sequence[Record], name: str) -> float:
    """Returns the mean of the last scores of a name."""
    return float(np.mean([record.score(name).value for record in records]))


def log_scores(records: Sequence[Record], name: str) -> list[float]:
    """Returns the logarithms of the last scores of a name."""
    return [float(np.log(record.score(name).value)) for record in records]


_IN_JSON = ("settings", "scores", "history", "conditions", "tables")


def picture_path(record: Path, name: str) -> Path:
    """Returns where a picture of a record is kept."""
    return record.with_name(f"{record.stem}.{name}.png")


def grouped(records: Iterable[Record], *facts: str) -> dict[Any, list[Record]]:
    """Returns the value of a fact, or the values of several, -> the records that have it.

    Values that no record has give an empty list.
    """
    groups: dict[Any, list[Record]] = defaultdict(list)
    for record in records:
        values = tuple(map(record.fact, facts))
        groups[values if len(facts) > 1 else values[0]].append(record)
    return groups


def read_record(path: Path, run: Run) -> Record:
    """Returns the record of a run.

    Raises:
        UserError: If it is the record of other commands.
    """
    values = json.loads(path.read_text("utf-8"))
    if tuple(map(tuple, values["commands"])) != run.commands:
        raise UserError(
            f"{path} was made by other commands than the study has now; remove it to run them again"
        )
    outcome = Outcome(
        settings=values["settings"],
        scores=tuple(Score.from_json(score) for score in values["scores"]),
        history={int(epoch): averages for epoch, averages in values["history"].items()},
        conditions=values["conditions"],
        tables=values["tables"],
        pictures={
            picture.name.split(".")[-2]: picture.read_bytes()
            for picture in sorted(path.parent.glob(f"{glob.escape(path.stem)}.*.png"))
        },
    )
    return Record(run, outcome, values["seconds"])
