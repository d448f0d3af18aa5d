"""How every main of this program starts, and how it speaks of what it cannot do."""

import errno
import sys
from collections.abc import Callable, Sequence

from absl import app

# What the operating system says of a disk or a path, rather than of a bug in this program.
_ENVIRONMENT_ERRORS = {
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "disk quota exceeded",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EIO: "input/output error",
}


class UserError(Exception):
    """What the user gave cannot be used; the message is one line that says what would work."""


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Parses the flags, runs `main(argv)` and ends the process.

    A `UserError`, and an error of the disk or of a path, becomes one line on standard error and
    exit status 1; Ctrl-C becomes one line and exit status 130.
    """

    def guarded(argv: Sequence[str]) -> int:
        try:
            if len(argv) > 1:
                raise UserError(f"unexpected argument {argv[1]!r}: options start with --")
            main(argv)
        except UserError as error:
            return _say(str(error), 1)
        except OSError as error:
            if error.errno not in _ENVIRONMENT_ERRORS:
                raise
            return _say(f"{error.filename or 'writing'}: {_ENVIRONMENT_ERRORS[error.errno]}", 1)
        except KeyboardInterrupt:
            return _say("interrupted; run the same command again to go on", 130)
        return 0

    app.run(guarded)


def _say(message: str, status: int) -> int:
    print(f"error: {message}" if status == 1 else message, file=sys.stderr)
    return status
