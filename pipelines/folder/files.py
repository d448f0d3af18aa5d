"""Checks and encodes the files of a folder, as tasks of worker processes."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipelines.images import checking
from pipelines.images.checking import CheckedImage
from pipelines.workers.pool import WorkerPool
from pipelines.workers.worker import Failure


def check(
    pool: WorkerPool, folder: Path, names: Iterable[str]
) -> Iterator[tuple[int, CheckedImage | str]]:
    """Yields the number of each name, and the checked file or the reason of its refusal.

    Args:
        pool: Workers with `pipelines.images.checking`.
        folder: The folder that was listed.
        names: Files relative to it.
    """
    function = functools.partial(_check, folder)
    for (index, _), result in pool.map(function, enumerate(names)):
        yield index, _reason(result)


def encode(
    pool: WorkerPool, folder: Path, checked: Iterable[CheckedImage]
) -> Iterator[tuple[str, bytes | str]]:
    """Yields the name of each image, and its bytes for the records or the reason of a failure.

    Args:
        pool: As for `check`.
        folder: The folder that was listed.
        checked: What `check` yielded.
    """
    function = functools.partial(read, folder)
    # What a file may cost here was decided when it was checked. To write the largest picture as
    # PNG takes a minute.
    budget = dataclasses.replace(pool.budget, seconds=600, wall_seconds=1800)
    for image, result in pool.map(function, checked, budget=budget):
        yield image.name, _reason(result)


def read(folder: Path, checked: CheckedImage) -> bytes | str:
    """Returns an image's bytes for the records, or the reason of a failure, in this process."""
    try:
        return checking.encoded_for_records(folder / checked.name, checked)
    except checking.RefusedError as error:
        return str(error)


def _reason(result: Any) -> Any:
    return result.reason if isinstance(result, Failure) else result


def _check(folder: Path, numbered_name: tuple[int, str]) -> CheckedImage | str:
    _, name = numbered_name
    try:
        return checking.check(folder / name, name)
    except checking.RefusedError as error:
        return str(error)
