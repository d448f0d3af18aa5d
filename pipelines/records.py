"""Records on disk: whole, or not there.

TFDS writes records into a folder `incomplete.*` and renames it once all is written. What is
added here: one process at a time prepares a data set, what a killed process left behind is
removed, and errors are said in one line.
"""

import contextlib
import io
import logging
import shutil
import socket
import tempfile
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds

from pipelines.atomic import locked, remove_incomplete
from pipelines.errors import UserError, environment_problem, summarize_error

_INCOMPLETE = "incomplete."  # TFDS begins the name of an unfinished folder with it.


def ensure(
    path: Path,
    write: Callable[[], None],
    *,
    is_current: Callable[[], bool] | None = None,
    overwrite: bool = False,
) -> None:
    """Sees to it that a folder of records, or a file made from them, is there and whole.

    Args:
      path: the folder, `<data_dir>/<name>/[<config>/]<version>`, or the file.
      write: makes it, whole or not at all, as TFDS and `pipelines.atomic` do; called only when
        it is missing or not current.
      is_current: whether what exists is what is wanted; always, if None.
      overwrite: take nothing that exists.

    Raises:
      UserError: it cannot be made.
    """

    def present() -> bool:
        if overwrite or not path.exists():
            return False
        return is_current is None or is_current()

    if present():
        return
    with _disk_errors_in_one_line(path), locked(path.parent / ".lock"):
        if present():  # Another process made it while this one waited.
            return
        if path.exists():
            # Renamed first: a removal that is interrupted must not leave half a folder.
            path.rename(path.with_name(f"{_INCOMPLETE}{uuid.uuid4().hex}"))
        for leftover in path.parent.glob(f"{_INCOMPLETE}*"):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        remove_incomplete(path.parent)
        write()


@contextlib.contextmanager
def own_temporary_folder() -> Iterator[None]:
    """Has the block make its temporary files in a folder that is removed when it ends.

    For making builders: TFDS makes a folder for each new data set, and leaves it.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


def generate(
    builder: tfds.core.DatasetBuilder, *, manual_dir: str | None = None, downloads: bool = True
) -> None:
    """Runs a TFDS builder, without its talk.

    Args:
      builder: of a data set whose folder does not exist.
      manual_dir: where the user keeps original files; None to download them.
      downloads: whether it has files to download or to extract; TFDS then shows its progress
        bars, one for each stage.

    Raises:
      UserError: original files are missing and cannot be downloaded.
    """
    # The retries of a download are told by urllib3, a line each.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    _refuse_without_network(builder, manual_dir)
    config = tfds.download.DownloadConfig(manual_dir=manual_dir, try_download_gcs=False)
    tfds.display_progress_bar(downloads)
    try:
        # TFDS makes a folder for downloads even where there are none.
        with contextlib.redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as unused:
            builder.download_and_prepare(
                download_dir=None if downloads else unused, download_config=config
            )
    finally:
        tfds.display_progress_bar(True)


def _refuse_without_network(builder: tfds.core.DatasetBuilder, manual_dir: str | None) -> None:
    """Says at once what the downloads' retries would say after minutes."""
    if any(Path(builder.data_dir_root, "downloads").glob("*.INFO")):
        return  # Earlier downloads, of which TFDS keeps such notes, may serve.
    for url, info in (builder.url_infos or {}).items():
        host = urllib.parse.urlparse(url).hostname
        if not host or (manual_dir and info.filename and Path(manual_dir, info.filename).exists()):
            continue
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            raise UserError(
                f"--dataset={builder.name}: {url} cannot be downloaded, host {host} is not "
                "reached; --manual_dir names a folder that holds the original files"
            ) from error


@contextlib.contextmanager
def _disk_errors_in_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        # TFDS raises some errors of the system as others of its own.
        problem = environment_problem(error)
        if problem is None and not isinstance(error, (OSError, tf.errors.OpError)):
            raise
        raise UserError(f"{path} cannot be written: {problem or summarize_error(error)}") from error
