"""Finished runs, opened together under different names."""

import collections
import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivaae_tf.metrics.score import Score
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.covariance import Covariance
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.settings import Settings


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """All stored results of a run; a missing part is empty or None.

    Attributes:
        name: Name that is unique among the runs that were opened together.
        slug: Unique text for file names, made from the name.
        path: Its folder, as it was given.
        record: Its record.
        history: Epoch -> averages.
        scores: Scores in the order of their computation.
        samples: PNG.
        reconstructions: PNG.
        codes: PNG of two-dimensional codes, colored by class; of a run with --prior_by_label.
        nearest: PNG of new images and their nearest training images.
        covariance: Covariance of its codes.
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
    codes: bytes | None
    nearest: bytes | None
    covariance: Covariance | None
    has_checkpoint: bool

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self.record.settings

    @property
    def epochs(self) -> int:
        """The number of epochs in its history."""
        return max(self.history, default=0)


def open_runs(folders: Sequence[str | Path]) -> dict[str, RunDirectory]:
    """Returns runs by the shortest different ends of their paths, in the given order.

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
    """Reads all results of some runs.

    Raises:
        UserError: If a folder is given more than once, is not a run, or has a damaged file.
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
            codes=run.read_picture(run.pictures["codes"]),
            nearest=run.read_picture(run.nearest_path),
            covariance=run.read_code_covariance(),
            has_checkpoint=run.last_checkpoint_path.exists(),
        )
        for index, (name, run) in enumerate(open_runs(folders).items(), start=1)
    ]


def _unique_names(paths: Sequence[Path]) -> list[str]:
    """Returns the ends of the paths, of the smallest length that makes them different.

    Names that differ only in invisible characters are numbered.
    """
    for length in range(1, max(len(path.parts) for path in paths) + 1):
        names = [_in_one_line("/".join(path.parts[-length:])) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{_in_one_line(path.name)} [{number}]" for number, path in enumerate(paths, start=1)]


def _in_one_line(text: str) -> str:
    """Returns text as valid Unicode, with a single space for each group of spaces."""
    return " ".join(os.fsencode(text).decode("utf-8", "replace").split())
