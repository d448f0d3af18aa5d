"""Errors, and how they are told to a user."""

import errno
import os

# What the operating system says of a disk or a path, rather than of a bug in this program.
_ENVIRONMENT_ERRORS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "disk quota exceeded",
    errno.EFBIG: "the file grows past the size that is allowed",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EEXIST: "a file stands where a folder is needed",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "input/output error",
}


class UserError(Exception):
    """What the user gave cannot be used; the message is one line that says what would work."""


def summarize_error(error: BaseException) -> str:
    """The message of an error, or else its type, on one line of at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def environment_problem(error: BaseException) -> str | None:
    """What is wrong with the disk or the path, in plain words.

    TensorFlow and HDF5 wrap the system's error: they keep its text in their message and lose
    its number, so that both are looked for.

    Args:
      error: any exception.

    Returns:
      None where the error speaks of no such thing, and may be a bug.
    """
    if isinstance(error, OSError) and error.errno in _ENVIRONMENT_ERRORS:
        return _ENVIRONMENT_ERRORS[error.errno]
    for number, meaning in _ENVIRONMENT_ERRORS.items():
        if os.strerror(number) in str(error):
            return meaning
    return None
