"""Errors that a user sees, and their messages."""

import errno
import os

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
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "input/output error",
}


class UserError(Exception):
    """An error in the user's input; the message is one line that says what is expected."""


def summarize_error(error: BaseException) -> str:
    """Returns an error's message, or else its type: one line of max. 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__


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
