"""Reads files that may be damaged, and moves damaged files aside."""

import contextlib
import errno
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from ivaae_tf.program.errors import UserError, environment_problem, summarize_error

T = TypeVar("T")

# Errors that no content of a file causes, unless a library does not check what it reads.
_OF_A_PROGRAM = (TypeError, AttributeError, NameError, AssertionError)

# Errors of TensorFlow, by name because this module does not import it.
_NOT_OF_CONTENT = ("AbortedError", "CancelledError", "InternalError", "UnavailableError")

_MOST_BYTES_OF_JSON = 2**27  # a history of 100,000 epochs has about 50 MB
_MOST_MOVED_ASIDE = 3  # files of one name


class DamagedFileError(UserError):
    """An error in a file on the disk.

    Attributes:
        path: The file.
        reason: What is wrong with it.
    """

    def __init__(self, path: Path, reason: str):
        super().__init__(f"{path} is damaged: {reason}")
        self.path = path
        self.reason = reason


@contextlib.contextmanager
def parsing(path: Path, *also: type[Exception]) -> Iterator[None]:
    """Turns the errors of the block, which reads one file, into one line with the path.

    A parser may raise anything for a file of another program, or half a file: of NumPy, zipfile,
    HDF5, Keras and JSON about twenty types are known. But an error of the disk, of the memory or
    of the installation is not damage, and an error of the program keeps its traceback.

    Args:
        path: The file.
        *also: Types of program errors that this parser also raises for a damaged file.

    Raises:
        DamagedFileError: If the content is not what the parser expects.
        UserError: If the file cannot be read for another reason.
    """
    try:
        if path.is_dir():
            raise DamagedFileError(path, "it is a folder; expected a file")
        if path.exists() and not path.is_file():
            raise DamagedFileError(path, "it is not a regular file")
        yield
    except UserError:
        raise
    except RecursionError as error:
        raise DamagedFileError(path, "it is nested too deeply") from error
    except Exception as error:
        if (problem := _other_problem(error)) is not None:
            raise UserError(f"{path} cannot be read: {problem}") from error
        if isinstance(error, _OF_A_PROGRAM) and not isinstance(error, also):
            raise
        raise DamagedFileError(path, summarize_error(error)) from error


def _other_problem(error: Exception) -> str | None:
    """Returns in words a cause other than the content of a file, or None."""
    if (problem := environment_problem(error)) is not None:
        return problem
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"the memory is too small ({summarize_error(error)})"
    # Other errors of TensorFlow, such as DataLossError, are about what it reads.
    is_missing = isinstance(error, ImportError) or "Op type not registered" in str(error)
    if is_missing or type(error).__name__ in _NOT_OF_CONTENT:
        return summarize_error(error)
    # A parser that seeks to an invalid position gets EINVAL; libraries raise OSError without errno.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL, errno.ENOENT):
        return os.strerror(error.errno)
    return None


def check_size(path: Path, most_bytes: int) -> None:
    """Checks that a file is not far larger than any that this program writes, before it is read.

    Raises:
        DamagedFileError: If it is.
    """
    with parsing(path):
        if (size := path.stat().st_size) > most_bytes:
            raise DamagedFileError(path, f"it has {size:,} bytes, expected at most {most_bytes:,}")


def check_expanded_size(path: Path, archive: zipfile.ZipFile) -> None:
    """Checks that a ZIP file, whose parts this program does not compress, does not expand.

    Raises:
        DamagedFileError: If its parts have more bytes than the file.
    """
    size, expanded = path.stat().st_size, sum(part.file_size for part in archive.infolist())
    if expanded > size:
        raise DamagedFileError(path, f"its {size:,} bytes expand to {expanded:,}")


def read_json(path: Path, form: type[T]) -> T:
    """Returns the content of a JSON file as a value of the type `form`.

    Args:
        path: The file. NaN and Infinity, which are not JSON, are read as numbers.
        form: A type that `msgspec` can convert to, such as `dict[int, dict[str, float]]` or a data
            class.

    Raises:
        DamagedFileError: If the file is not JSON, or has another form.
    """
    check_size(path, _MOST_BYTES_OF_JSON)
    with parsing(path):
        if not (text := path.read_bytes()).strip():
            raise DamagedFileError(path, "it is empty")
        # Decoded here, because `json.loads` accepts other encodings than UTF-8.
        return msgspec.convert(json.loads(text.decode("utf-8")), form, strict=True, str_keys=True)


def read_or_set_aside(path: Path, read: Callable[[], T]) -> T:
    """Returns the result of `read`; a damaged file is reported and moved aside first.

    `read` is then called again, and finds no file.
    """
    try:
        return read()
    except DamagedFileError as error:
        set_aside(path, f"{error}; a new one is started")
        return read()


def set_aside(path: Path, reason: str, kind: str = "damaged") -> None:
    """Renames an unusable file, and prints a line with the reason and the new name.

    A new name is `history.damaged-1.json`, for example. Numbers increase; the newest three files
    stay.
    """
    earlier, beginning = {}, f"{path.stem}.{kind}-"
    for aside in path.parent.glob(f"{beginning}*{path.suffix}"):
        number = aside.name[len(beginning) : len(aside.name) - len(path.suffix)]
        if number.isdecimal():
            earlier[int(number)] = aside
    aside = path.with_name(f"{beginning}{max(earlier, default=0) + 1}{path.suffix}")
    path.rename(aside)
    print(f"warning: {reason}; the {kind} file is now {aside.name}", file=sys.stderr)
    for old in sorted(earlier)[: 1 - _MOST_MOVED_ASIDE]:
        remove(earlier[old])


def remove(path: Path) -> None:
    """Removes a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
