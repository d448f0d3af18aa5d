"""A run of a study: the commands that make it, and what they gave."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivaae_tf.metrics.score import Score
from ivaae_tf.plots.files import save
from pipelines.errors import UserError

Facts = Mapping[str, str | int | float]
Command = tuple[str, ...]  # name and flags


@dataclasses.dataclass(frozen=True)
class Run:
    """Commands of `ivaae` that train and score one model.

    Attributes:
        name: Name of its folder and its record.
        facts: What differs between the runs of the study, such as the method and the seed.
        commands: Names of commands with their flags, in order, without those of places.
    """

    name: str
    facts: Facts
    commands: tuple[Command, ...]


@dataclasses.dataclass(frozen=True)
class Record:
    """What a finished run gave.

    Attributes:
        run: The run.
        settings: Its settings, by name.
        scores: All its scores.
        history: Epoch -> averages of that epoch.
        seconds: Seconds of each command. Other runs may have used the processor, too.
        conditions: Processor, versions, data, number of parameters and commit.
        tables: Other results, such as the curve of a probe: name -> rows.
    """

    run: Run
    settings: Mapping[str, Any]
    scores: tuple[Score, ...]
    history: Mapping[int, Mapping[str, float]]
    seconds: Mapping[str, float]
    conditions: Mapping[str, Any]
    tables: Mapping[str, list[Mapping[str, str]]] = dataclasses.field(default_factory=dict)

    def score(self, name: str, **conditions: Any) -> Score:
        """Returns the last score of a name under some conditions.

        Raises:
            KeyError: If there is none.
        """
        for score in reversed(self.scores):
            if score.name == name and conditions.items() <= score.conditions.items():
                return score
        raise KeyError(f"{self.run.name} has no {name} with {conditions}")

    def write(self, path: Path) -> None:
        """Writes the record, completely or not at all."""
        values = {
            **dataclasses.asdict(self.run),
            "seconds": self.seconds,
            "conditions": self.conditions,
            "settings": self.settings,
            "history": self.history,
            "scores": [score.to_json() for score in self.scores],
            "tables": self.tables,
        }
        save(path, f"{json.dumps(values, indent=1, allow_nan=False)}\n".encode())


def read_record(path: Path, run: Run) -> Record:
    """Returns the record of a run.

    Raises:
        UserError: If it is the record of other commands.
    """
    values = json.loads(path.read_text("utf-8"))
    commands = tuple(tuple(command) for command in values["commands"])
    if commands != run.commands:
        raise UserError(
            f"{path} was made by other commands than the study has now; remove it to run them again"
        )
    return Record(
        run=run,
        settings=values["settings"],
        scores=tuple(Score.from_json(score) for score in values["scores"]),
        history={int(epoch): averages for epoch, averages in values["history"].items()},
        seconds=values["seconds"],
        conditions=values["conditions"],
        tables=values["tables"],
    )
