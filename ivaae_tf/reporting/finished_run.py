"""A run as it lies in its folder, read for a report."""

import dataclasses
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_file import read_scores
from ivaae_tf.run_directory import RunDirectory
from pipelines.errors import UserError, one_line


@dataclasses.dataclass(frozen=True)
class Covariance:
    """The covariance of a run's codes, shape (d, d), and what codes they were."""

    matrix: np.ndarray
    origin: str


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """What a run has left; a part that it has not left is empty or None.

    Attributes:
        name: Tells it from the other runs of the report.
        slug: The name as a part of a file's name.
        path: Its folder, as it was given.
        record: All of `run.json`.
        history: Epoch -> averages.
        scores: In the order they were taken.
        samples: PNG.
        reconstructions: PNG.
        covariance: Of its codes.
        has_checkpoint: Whether its model can be loaded.
    """

    name: str
    slug: str
    path: Path
    record: dict
    history: dict[int, dict[str, float]]
    scores: list[Score]
    samples: bytes | None
    reconstructions: bytes | None
    covariance: Covariance | None
    has_checkpoint: bool

    @property
    def settings(self) -> dict:
        """Name -> value."""
        return self.record["settings"]

    @property
    def data(self) -> dict:
        """Facts about its data."""
        return self.record["data"]

    @property
    def epochs(self) -> int:
        """The number of epochs in its history."""
        return max(self.history, default=0)

    @property
    def evaluation_command(self) -> str:
        """What takes its scores."""
        return f"ivaae evaluate --workdir={shlex.quote(str(self.path))}"

    @property
    def training_command(self) -> str:
        """What trains it on; its other flags are those it was started with."""
        return f"ivaae train --workdir={shlex.quote(str(self.path))}"


def read_runs(folders: Sequence[str]) -> list[FinishedRun]:
    """Reads the runs in some folders.

    Raises:
        UserError: If a folder is no run, is given twice, or holds a damaged file.
    """
    paths = [Path(folder) for folder in folders]
    absolute = [path.resolve() for path in paths]
    for path, place in zip(paths, absolute, strict=True):
        if absolute.count(place) > 1:
            raise UserError(f"{path} is given twice")
    names = _unique_names(absolute)
    return [
        _read(path, name, f"{index}_{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}")
        for index, (path, name) in enumerate(zip(paths, names, strict=True), start=1)
    ]


def _unique_names(paths: Sequence[Path]) -> list[str]:
    """Returns the ends of the paths, as short as tells them apart."""
    for length in range(1, max(len(path.parts) for path in paths) + 1):
        ends = ["/".join(path.parts[-length:]) for path in paths]
        # On one line, and without what is no Unicode.
        names = [" ".join(os.fsencode(end).decode("utf-8", "replace").split()) for end in ends]
        if len(set(names)) == len(names):
            break
    return names


def _read(path: Path, name: str, slug: str) -> FinishedRun:
    run = RunDirectory(path)
    try:
        record = run.read_record()
        complete = {"settings", "data", "parameters", "versions"} <= record.keys()
    except (UserError, AttributeError):
        complete = False
    if not complete:
        raise UserError(
            f"{path} holds no training run (no readable run.json in it); expected a folder that "
            "was the --workdir of ivaae_tf.train"
        )
    try:
        history = run.read_history()
    except (ValueError, AttributeError) as error:
        raise UserError(f"{run.history_path} is damaged: {one_line(error)}") from error
    return FinishedRun(
        name=name,
        slug=slug,
        path=path,
        record=record,
        history=history,
        scores=read_scores(run.scores),
        samples=_read_picture(run.samples),
        reconstructions=_read_picture(run.reconstructions),
        covariance=_read_covariance(run.code_covariance),
        has_checkpoint=run.best_checkpoint.exists() or run.last_checkpoint.exists(),
    )


def _read_picture(path: Path) -> bytes | None:
    if not path.exists():
        return None
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path} is no readable PNG: {one_line(error)}") from error
    return path.read_bytes()


def _read_covariance(path: Path) -> Covariance | None:
    if not path.exists():
        return None
    try:
        matrix = np.loadtxt(path, delimiter=",", ndmin=2)
        with path.open() as lines:
            origin = lines.readline().strip("# \n")
    except ValueError as error:
        raise UserError(f"{path} is no matrix: {one_line(error)}") from error
    if matrix.shape[0] != matrix.shape[1]:
        raise UserError(f"{path} is no covariance: it has the shape {matrix.shape}")
    return Covariance(matrix, origin)
