"""Atomic writes of files and folders, and locks."""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Only this program uses such names: what no process has locked is removed.
MARK = ".ivaae_tf.incomplete."

_CURRENT_FOLDER, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


@contextlib.contextmanager
def replace_when_complete(
    path: str | os.PathLike, is_folder: bool = False, is_new: bool = False
) -> Iterator[Path]:
    """Yields a temporary path that replaces `path` if the block succeeds.

    The temporary path has the same name, in a hidden folder beside `path`. If the block raises, the
    temporary path is removed and `path` stays as it was. Even after a kill, `path` is completely
    old or new; only if a system cannot exchange folders may a kill between two renames leave none.
    Disk errors report `path`. What killed processes left beside `path` is removed first.

    Args:
        path: The path to write or replace. Missing parent folders are created.
        is_folder: Whether it is a folder, which starts empty, or a file.
        is_new: Whether a folder that is not empty must not be replaced.

    Raises:
        FileExistsError: If `is_new`, but another process makes it before the end of the block.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_incomplete(path.parent)
    with temporary_folder(path.parent) as staging:
        temporary = staging / path.name
        try:
            if is_folder:
                temporary.mkdir()
            yield temporary
            if not is_folder:
                with temporary.open("rb") as file:
                    os.fsync(file.fileno())  # A machine crash could otherwise leave an empty file.
            if is_new or not (is_folder and path.exists()):
                temporary.replace(path)
            elif not _exchange(temporary, path):
                path.rename(staging / "replaced")
                temporary.rename(path)
        except OSError as error:
            if is_new and error.errno in (errno.ENOTEMPTY, errno.ENOTDIR):
                message = os.strerror(errno.EEXIST)
                raise FileExistsError(errno.EEXIST, message, str(path)) from error
            # A full-disk error has no file name, and the hidden path does not help the user.
            if error.filename is None or str(staging) in str(error.filename):
                error.filename, error.filename2 = str(path), None
            raise


def final_path(path: str) -> str:
    """Returns the path that `replace_when_complete` writes, if `path` is in its hidden folder."""
    return re.sub(rf"/{re.escape(MARK)}[^/]+/([^/]+).*", r"/\1", path)


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two paths in one step of the system; returns False if it cannot do that.

    Python has no function for it.
    """
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    paths = os.fsencode(one), os.fsencode(other)
    return rename is not None and not rename(
        _CURRENT_FOLDER, paths[0], _CURRENT_FOLDER, paths[1], _EXCHANGE
    )


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """Makes a folder whose name begins with `MARK`, and locks it.

    Returns:
        The folder, and the descriptor that holds the lock until it is closed or the process ends.
    """
    while True:
        staging = Path(tempfile.mkdtemp(prefix=MARK, dir=parent))
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if staging.exists():
                return staging, descriptor
            os.close(descriptor)
        # Another process saw it before it was locked, and removed it like a killed process's.


@contextlib.contextmanager
def temporary_folder(parent: str | os.PathLike) -> Iterator[Path]:
    """Yields a locked folder that is removed at the end, or after a kill by `remove_incomplete`."""
    Path(parent).mkdir(parents=True, exist_ok=True)
    folder, lock = _locked_folder(Path(parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextlib.contextmanager
def locked(path: str | os.PathLike, wait: bool = True, is_shared: bool = False) -> Iterator[None]:
    """Holds a lock that the system releases even if the process is killed.

    Args:
        path: A folder or a lock file. A file is created with its parent folders, and stays.
        wait: Whether to wait while another process holds the lock.
        is_shared: Whether other processes that share it may hold it at the same time.

    Raises:
        BlockingIOError: If another process holds the lock and `wait` is False.
    """
    path = Path(path)
    if path.is_dir():
        descriptor = os.open(path, os.O_RDONLY)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def remove_folder(path: Path) -> None:
    """Removes a folder; a process that is killed meanwhile leaves no part of it at `path`."""
    remove_incomplete(path.parent)  # what a killed one left
    with temporary_folder(path.parent) as staging:
        path.rename(staging / path.name)


def remove_incomplete(folder: str | os.PathLike) -> None:
    """Removes what killed processes left; a running process holds the lock of its folder."""
    for staging in Path(folder).glob(f"{MARK}*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(staging, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if staging.is_dir():
                    shutil.rmtree(staging, ignore_errors=True)
                else:
                    staging.unlink()
            finally:
                os.close(descriptor)
