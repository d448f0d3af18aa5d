"""Finished runs, opened together under names that can be distinguished."""

import collections
import dataclasses
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivaae_tf.metrics.score import Score
from ivaae_tf.runs.directory import Covariance, RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.settings import Settings
from pipelines.errors import UserError


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """All that a run has left; a part that it has not left is empty or None.

    Attributes:
        name: Name that distinguishes it from the runs that were opened with it.
        slug: The name as a part of a file's name.
        path: Its folder, as it was given.
        record: Its record.
        history: Epoch -> averages.
        scores: In the order they were taken.
        samples: PNG.
        reconstructions: PNG.
        covariance: Of its codes.
        has_checkpoint: Whether it has a last checkpoint.
    """

    name: str
    slug: str
    path: Path
    record: RunRecord
    history: Mapping[int, Mapping[str, float]]
    scores: Sequence[Score]
    samples: bytes | None
    reconstructions: bytes | None
    covariance: Covariance | None
    has_checkpoint: bool

    @property
    def settings(self) -> Settings:
        """Its resolved settings."""
        return self.record.settings

    @property
    def data(self) -> Mapping[str, Any]:
        """Facts about its data."""
        return self.record.data

    @property
    def epochs(self) -> int:
        """The number of epochs in its history."""
        return max(self.history, default=0)

    @property
    def evaluation_command(self) -> str:
        """The command that scores it."""
        return f"ivaae evaluate --workdir={shlex.quote(str(self.path))}"

    @property
    def training_command(self) -> str:
        """The command that goes on training it, without the flags that it was started with."""
        return f"ivaae train --workdir={shlex.quote(str(self.path))}"


def open_runs(folders: Sequence[str | Path]) -> dict[str, RunDirectory]:
    """Opens runs by the shortest ends of their paths that distinguish them.

    Args:
        folders: Folders of runs, in the order of the result.

    Raises:
        UserError: If a folder is given more than once, or is not a run.
    """
    runs = [RunDirectory(folder) for folder in folders]
    places = collections.Counter(run.path.resolve() for run in runs)
    for place, count in places.items():
        if count > 1:
            raise UserError(f"{place} is given {count} times; give each run once")
    for run in runs:
        run.read_record()
    return dict(zip(_unique_names(list(places)), runs, strict=True))


def read_runs(folders: Sequence[str | Path]) -> list[FinishedRun]:
    """Reads all that some runs have left.

    Raises:
        UserError: If a folder is given more than once, is not a run, or holds a damaged file.
    """
    return [
        FinishedRun(
            name=name,
            slug=f"{index}_{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}",
            path=run.path,
            record=run.read_record(),
            history=run.read_history(),
            scores=run.read_scores(),
            samples=run.read_picture(run.samples_path),
            reconstructions=run.read_picture(run.reconstructions_path),
            covariance=run.read_code_covariance(),
            has_checkpoint=run.last_checkpoint_path.exists(),
        )
        for index, (name, run) in enumerate(open_runs(folders).items(), start=1)
    ]


def _unique_names(paths: Sequence[Path]) -> list[str]:
    """Returns the shortest ends of the paths, of one length, that are all different."""
    for length in range(1, max(len(path.parts) for path in paths) + 1):
        ends = ["/".join(path.parts[-length:]) for path in paths]
        # On one line, and without what is not Unicode.
        names = [" ".join(os.fsencode(end).decode("utf-8", "replace").split()) for end in ends]
        if len(set(names)) == len(names):
            break
    return names
