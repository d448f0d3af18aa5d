"""How every main of this program starts, and how it speaks of what it cannot do."""

import errno
import os
import sys
from collections.abc import Callable, Sequence

from absl import app, flags, logging

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


def one_line(error: BaseException) -> str:
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


def run(main: Callable[[Sequence[str]], None], takes_arguments: bool = False) -> None:
    """Parses the flags, runs `main(argv)` and ends the process.

    A `UserError`, and an error of the disk or of a path, becomes one line on standard error and
    exit status 1; Ctrl-C becomes one line and exit status 130.

    Args:
      main: takes the program's name and the arguments that are no flags.
      takes_arguments: whether there may be such arguments, before, between and after the flags.
    """

    def guarded(argv: Sequence[str]) -> int:
        try:
            if len(argv) > 1 and not takes_arguments:
                raise UserError(f"unexpected argument {argv[1]!r}: options start with --")
            main(argv)
        except UserError as error:
            return _say(f"error: {error}", 1)
        except KeyboardInterrupt:
            return _say(
                "interrupted; what is finished is kept: run the same command again for the rest",
                130,
            )
        except Exception as error:
            problem = environment_problem(error)
            if problem is None:
                raise
            return _say(f"error: {getattr(error, 'filename', None) or 'writing'}: {problem}", 1)
        return 0

    # absl would raise this to INFO, at which TFDS speaks of every file; --verbosity=0 still does.
    flags.FLAGS.verbosity = logging.WARNING
    flags.FLAGS.set_gnu_getopt(takes_arguments)
    app.run(guarded)


def _say(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status
