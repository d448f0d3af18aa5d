"""Writes records to the disk completely or not at all.

TFDS writes records to a folder `incomplete.*` and renames it at the end. This module adds four
things: only one process at a time prepares a data set, the old records stay until the new ones are
complete, leftovers of killed processes are removed, and an error becomes one line.
"""

import contextlib
import glob
import hashlib
import io
import logging
import os
import re
import resource
import shutil
import socket
import tempfile
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core import shuffle

from ivaae_tf.program.atomic_files import MARK, locked, remove_incomplete
from ivaae_tf.program.errors import (
    UserError,
    environment_problem,
    summarize_error,
    unreadable_record,
)
from pipelines.records import stored

_SHUFFLE_BUFFER = 2**24  # bytes


def ensure(
    path: Path,
    write: Callable[[], None],
    *,
    is_current: Callable[[], bool] | None = None,
    source: str = "",
    overwrite: bool = False,
) -> None:
    """Makes a folder of records, or a file made from them, if it is missing.

    Args:
        path: The folder, `<data_dir>/<name>/[<config>/]<version>`, or the file.
        write: Makes it completely or not at all, as TFDS and `ivaae_tf.program.atomic_files` do.
        is_current: Returns whether the existing one is up to date; None if it always is.
        source: What it is made of, for a line that this has changed; empty for no line.
        overwrite: Whether to replace an existing one.

    Raises:
        UserError: If it cannot be made, is made elsewhere, or another process reads the one to
            replace.
    """

    def present() -> bool:
        if overwrite or not path.exists():
            return False
        return is_current is None or is_current()

    _clear_up_after_a_kill(path)
    if present():
        return
    if source and path.exists() and not overwrite:
        print(f"{source} has changed since its records were written: preparing again")
    with _disk_errors_in_one_line(path), locked(path.parent / ".lock"):
        _restore(path)
        if present():  # Another process made it while this one waited.
            return
        with _set_aside(path), own_temporary_folder():
            write()
            if not path.exists():
                raise UserError(f"{path} is missing after it was written; it is in another place")
        _remove_leftovers(path)


def name_of_source(kind: str, label: str, source: Path) -> str:
    """Returns the name of the records of a file or folder of the user.

    The label helps people; the hash of the path distinguishes sources with the same label.
    """
    label = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_")[:40]
    return f"{kind}_{label}_{hashlib.sha256(os.fsencode(source)).hexdigest()[:12]}"


@contextlib.contextmanager
def _set_aside(path: Path) -> Iterator[None]:
    """Lets the block write to `path`; the old records there come back if it fails.

    A file can be made again from its records, so it is removed before.

    Raises:
        UserError: If another process reads what is to be replaced.
    """
    if path.exists():
        with stored.unread(path):
            # Renamed first, so that an interrupted removal does not leave half a folder.
            path.rename(_aside(path) if path.is_dir() else _to_remove(path))
    _remove_leftovers(path)
    try:
        yield
    except BaseException:
        _restore(path)
        raise
    if _aside(path).exists():
        _aside(path).rename(_to_remove(path))


def _clear_up_after_a_kill(path: Path) -> None:
    """Restores the old records and removes what is incomplete, unless somebody is writing."""
    patterns = (_unfinished(path), f"{MARK}*", glob.escape(_aside(path).name))
    if any(any(path.parent.glob(pattern)) for pattern in patterns):
        # The folder may belong to another user.
        with contextlib.suppress(OSError), locked(path.parent / ".lock", wait=False):
            _restore(path)
            _remove_leftovers(path)


def _restore(path: Path) -> None:
    """Puts old records back if the process that wrote the new ones did not come to its end."""
    if _aside(path).exists():
        _aside(path).rename(_to_remove(path) if path.exists() else path)


def _remove_leftovers(path: Path) -> None:
    for leftover in path.parent.glob(_unfinished(path)):
        shutil.rmtree(leftover)
    remove_incomplete(path.parent)


def _unfinished(path: Path) -> str:
    """Returns the pattern of the names that TFDS gives to unfinished records."""
    return f"incomplete.*_{glob.escape(path.name)}"


def _aside(path: Path) -> Path:
    return path.with_name(f".replaced.{path.name}")


def _to_remove(path: Path) -> Path:
    return path.with_name(f"{MARK}{uuid.uuid4().hex}")


@contextlib.contextmanager
def own_temporary_folder() -> Iterator[None]:
    """Removes the folder that a TFDS builder of a new data set makes and leaves behind."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as tempfile.tempdir:
        try:
            yield
        finally:
            tempfile.tempdir = before


def generate(
    builder: tfds.core.DatasetBuilder,
    *,
    manual_dir: str | None = None,
    downloads: bool = True,
    **options: Any,
) -> None:
    """Runs a TFDS builder without its messages.

    Args:
        builder: The builder of a data set without a folder.
        manual_dir: The user's folder of original files; None to download them.
        downloads: Whether to show TFDS's progress bars of downloads and extractions.
        **options: More options of `tfds.download.DownloadConfig`.

    Raises:
        UserError: If original files are missing and cannot be downloaded.
    """
    # urllib3 prints a line for each retry of a download.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    _refuse_without_network(builder, manual_dir)
    config = tfds.download.DownloadConfig(
        manual_dir=manual_dir,
        try_download_gcs=False,
        force_checksums_validation=True,  # What is fetched has a checksum that TFDS knows.
        **options,
    )
    tfds.display_progress_bar(downloads)
    try:
        # TFDS makes a folder for downloads even if there are none.
        with (
            contextlib.redirect_stdout(io.StringIO()),
            tempfile.TemporaryDirectory() as unused,
            _small_shuffle_buffer(),
        ):
            builder.download_and_prepare(
                download_dir=None if downloads else unused, download_config=config
            )
    finally:
        tfds.display_progress_bar(True)


@contextlib.contextmanager
def _small_shuffle_buffer() -> Iterator[None]:
    """Lets TFDS hold 16 MB of a split in memory, instead of 1 GB, before it uses files.

    The records are the same. The files are a thousand, all open at once.
    """
    before = shuffle.MAX_MEM_BUFFER_SIZE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        enough = soft + shuffle.BUCKETS_NUMBER
        if hard != resource.RLIM_INFINITY:
            enough = min(enough, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
    shuffle.MAX_MEM_BUFFER_SIZE = _SHUFFLE_BUFFER
    try:
        yield
    finally:
        shuffle.MAX_MEM_BUFFER_SIZE = before
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _refuse_without_network(builder: tfds.core.DatasetBuilder, manual_dir: str | None) -> None:
    """Raises the error at once that the downloads' retries would raise after minutes."""
    if any(Path(builder.data_dir_root, "downloads").glob("*.INFO")):
        return  # TFDS keeps such a note for each earlier download, which may be enough.
    for url, info in (builder.url_infos or {}).items():
        host = urllib.parse.urlparse(url).hostname
        if not host or (manual_dir and info.filename and Path(manual_dir, info.filename).exists()):
            continue
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            raise UserError(
                f"--dataset={builder.name}: {url} cannot be downloaded, host {host} cannot "
                "be reached; give a folder with the original files as --manual_dir"
            ) from error


@contextlib.contextmanager
def _disk_errors_in_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        # TFDS raises some system errors as other types.
        if (problem := unreadable_record(error)) is not None:
            raise UserError(problem) from error
        problem = environment_problem(error)
        if problem is None and not isinstance(error, (OSError, tf.errors.OpError)):
            raise
        raise UserError(f"{path} cannot be written: {problem or summarize_error(error)}") from error
