"""Files and folders that are there whole or not at all."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_MARK = ".incomplete."


@contextlib.contextmanager
def replace_when_complete(path: str | os.PathLike, is_folder: bool = False) -> Iterator[Path]:
    """Yields a temporary path to write to; it takes the place of `path` when the block ends well.

    The temporary path has the same name, in a hidden folder beside `path`. If the block raises, it
    is removed and what was at `path` stays; an error of the disk names `path`. Folders on the way
    to `path` are made.

    Args:
        path: What to write or to replace.
        is_folder: Whether it is a folder, which is made empty; otherwise it is a file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=_MARK, dir=path.parent))
    temporary = staging / path.name
    if is_folder:
        temporary.mkdir()
    try:
        yield temporary
        if not is_folder:
            _synchronize(temporary)  # else a crash of the machine could leave the name alone
        if is_folder and path.exists():
            path.rename(staging / "replaced")
        temporary.replace(path)
    except OSError as error:
        # A full disk is known by its number alone, and the hidden path helps nobody.
        if error.filename is None or str(staging) in str(error.filename):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _synchronize(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def locked(path: str | os.PathLike, wait: bool = True) -> Iterator[None]:
    """Holds a lock that the system releases when the process ends, in whatever way.

    Args:
        path: A folder, or a lock file, which is created with the folders above it and stays.
        wait: Whether to wait while another process holds the lock.

    Raises:
        BlockingIOError: If another process holds it, and `wait` is False.
    """
    path = Path(path)
    if path.is_dir():
        descriptor = os.open(path, os.O_RDONLY)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def remove_incomplete(folder: str | os.PathLike) -> None:
    """Removes from a folder what `replace_when_complete` left when its process was killed.

    To be called only where no other process writes.
    """
    for staging in Path(folder).glob(f"{_MARK}*"):
        shutil.rmtree(staging, ignore_errors=True)
