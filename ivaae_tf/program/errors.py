"""Errors that a user sees, and their messages."""

import errno
import os
import re
from collections.abc import Callable

from ivaae_tf.program.atomic_files import final_path
from ivaae_tf.program.shown_text import escaped

# System errors that a disk or a path causes, not a bug in this program.
_ENVIRONMENT_ERRORS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "disk quota exceeded",
    errno.EFBIG: "the file exceeds the allowed size",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EEXIST: "a file is in the place of a folder",
    errno.EISDIR: "a folder is in the place of a file",
    errno.ELOOP: "links lead in a circle",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "input/output error",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files in the system",
    errno.ESTALE: "the network file system has lost it",
}


# Operations of TensorFlow that read an encoded image, by which its errors name them.
_DECODING = ("DecodeJpeg", "DecodeAndCropJpeg", "DecodeImage", "ExtractJpegShape")

# What opens records adds a function that completes a problem with the record that has it.
RECORD_LOCATORS: list[Callable[[str], str]] = []


class UserError(Exception):
    """An error in the user's input; the message is one line with the expected input."""


def summarize_error(error: BaseException) -> str:
    """Returns an error's message, or else its type: one line of max. 300 characters."""
    return escaped(" ".join(str(error).split())[:300]) or type(error).__name__


def environment_problem(error: BaseException) -> str | None:
    """Returns the problem of the disk or path in words, or None for other errors.

    TensorFlow and HDF5 wrap the system's error: their message has its text but not its number,
    so both are checked.
    """
    if isinstance(error, OSError) and error.errno in _ENVIRONMENT_ERRORS:
        return _ENVIRONMENT_ERRORS[error.errno]
    for number, meaning in _ENVIRONMENT_ERRORS.items():
        if os.strerror(number) in str(error):
            return meaning
    return None


def place_of_problem(error: BaseException) -> str | None:
    """Returns the path that an error of the disk names, or None if it names none."""
    if filename := getattr(error, "filename", None):
        return final_path(str(filename))
    text = str(error)
    named = re.search(r"filename = '([^']+)'", text)  # HDF5
    for number in _ENVIRONMENT_ERRORS:
        named = named or re.search(rf"(\S+); {os.strerror(number)}", text)  # TensorFlow
    return final_path(named[1]) if named else None


def unreadable_record(error: BaseException) -> str | None:
    """Returns in words why TensorFlow could not read a record or its image, or None."""
    text = str(error)
    if "corrupted record at" in text or "truncated record at" in text:
        problem = f"a record became unreadable while it was in use ({summarize_error(error)})"
    elif any(operation in text for operation in _DECODING):
        problem = "an image in the records cannot be decoded"
    else:
        return None
    for locate in RECORD_LOCATORS:
        problem = locate(problem)
    return problem
