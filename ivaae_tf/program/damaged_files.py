"""Reads files that may be damaged, or be something else, and sets such files aside."""

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

# What no content of a file causes, unless a library does not check what it reads.
_OF_A_PROGRAM = (TypeError, AttributeError, NameError, AssertionError)

# Errors of TensorFlow, by name because this module is imported without it.
_NOT_OF_CONTENT = ("AbortedError", "CancelledError", "InternalError", "UnavailableError")

_MOST_BYTES_OF_JSON = 2**27  # a history of 100,000 epochs has some 50 MB
_KEPT_ASIDE = 3  # files of one name


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
    """Turns the errors of the block, which reads one file, into one line that names the file.

    A parser that meets a file of another program, or half a file, may raise anything: about twenty
    types are known from NumPy, zipfile, HDF5, Keras and JSON. But an error of the disk, of the
    memory or of the installation is not damage, and one of the program keeps its traceback.

    Args:
        path: The file.
        *also: Types of errors of a program that this parser raises for a bad file, too.

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
    """Returns in words what is not the fault of a file's content, or None."""
    if (problem := environment_problem(error)) is not None:
        return problem
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"the memory is too small ({summarize_error(error)})"
    # The others of TensorFlow, such as its DataLossError, are about what it reads.
    is_missing = isinstance(error, ImportError) or "Op type not registered" in str(error)
    if is_missing or type(error).__name__ in _NOT_OF_CONTENT:
        return summarize_error(error)
    # A parser that seeks to a bad place gets EINVAL; libraries raise an OSError without a number.
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
    """Returns the result of `read`; a damaged file is first moved aside and reported.

    `read` is then called again, and finds nothing at `path`.
    """
    try:
        return read()
    except DamagedFileError as error:
        set_aside(path, f"{error}; a new one is begun")
        return read()


def set_aside(path: Path, reason: str, kind: str = "damaged") -> None:
    """Renames a file of no use, and prints a line with the reason and the new name.

    The name is such as `history.damaged-1.json`. Numbers rise; the newest three are kept.
    """
    earlier, beginning = {}, f"{path.stem}.{kind}-"
    for aside in path.parent.glob(f"{beginning}*{path.suffix}"):
        number = aside.name[len(beginning) : len(aside.name) - len(path.suffix)]
        if number.isdecimal():
            earlier[int(number)] = aside
    aside = path.with_name(f"{beginning}{max(earlier, default=0) + 1}{path.suffix}")
    path.rename(aside)
    print(f"warning: {reason}; the {kind} file is now {aside.name}", file=sys.stderr)
    for old in sorted(earlier)[: 1 - _KEPT_ASIDE]:
        remove(earlier[old])


def remove(path: Path) -> None:
    """Removes a file, or a folder of this path, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
