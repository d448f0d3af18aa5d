"""Checks and encodes the files of a folder, as tasks of worker processes."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.shown_text import shown
from pipelines.images import checking
from pipelines.images.checking import CheckedImage
from pipelines.workers.pool import WorkerPool
from pipelines.workers.worker import Failure, RefusedError


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
        yield index, result.reason if isinstance(result, Failure) else result


def encode(
    pool: WorkerPool, folder: Path, checked: Iterable[CheckedImage]
) -> Iterator[tuple[str, bytes]]:
    """Yields the name of each image, and its bytes for the records.

    Args:
        pool: As for `check`.
        folder: The folder that was listed.
        checked: What `check` yielded.

    Raises:
        UserError: If a file has changed since it was checked.
    """
    function = functools.partial(_encode, folder)
    # What a file may cost here was decided when it was checked. To write the largest picture as
    # PNG takes a minute.
    budget = dataclasses.replace(pool.budget, seconds=600, wall_seconds=1800)
    for image, result in pool.map(function, checked, budget=budget):
        if isinstance(result, Failure):
            raise _changed(folder, image, result.reason)
        yield image.name, result


def read(folder: Path, image: CheckedImage) -> bytes:
    """Returns the bytes for the records of one image, in this process.

    Raises:
        UserError: If the file has changed since it was checked.
    """
    try:
        return _encode(folder, image)
    except RefusedError as error:
        raise _changed(folder, image, str(error)) from error


def _check(folder: Path, numbered_name: tuple[int, str]) -> CheckedImage:
    _, name = numbered_name
    return checking.check(folder / name, name)


def _encode(folder: Path, image: CheckedImage) -> bytes:
    return checking.encoded_for_records(folder / image.name, image)


def _changed(folder: Path, image: CheckedImage, reason: str) -> UserError:
    return UserError(f"{folder / shown(image.name)}: {reason}; run the same command again")
