"""Main for tests: a command that has an accident at one of its file operations.

disturbed.py FOLDER ACCIDENT NUMBER COMMAND <flag>…

Only operations below FOLDER count that Python itself does: opening a file to write, making,
renaming and removing. Temporary files are in FOLDER/tmp. Accidents, of which NUMBER says when:

- none: prints the number of operations at the end.
- SIGKILL, SIGTERM: the signal, before the operation.
- full: from the operation on, nothing new can be written, as on a full disk.
- bytes: no file can grow beyond NUMBER bytes; this holds for TensorFlow and HDF5, too.
"""

import errno
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

from ivaae_tf.__main__ import main as ivaae

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate")


class Operations:
    """Counts the file operations below a folder, and causes an accident."""

    def __init__(self, folder: str, accident: str, number: int):
        self._folder, self._accident, self._number = folder, accident, number
        self.count = 0

    def __call__(self, event: str, arguments: tuple) -> None:
        """Takes an event of `sys.addaudithook`."""
        if event == "open":
            if not (arguments[2] or 0) & _WRITING:
                return
        elif event not in _CHANGES:
            return
        path = arguments[0]
        # `shutil.rmtree` names a file without its folder.
        is_inside = isinstance(path, str | bytes | os.PathLike) and (
            os.fspath(path) in os.listdir(arguments[-1])  # noqa: PTH208
            if event in ("os.remove", "os.rmdir") and arguments[-1] != -1
            else os.fsdecode(path).startswith(self._folder)
        )
        if not is_inside:
            return
        self.count += 1
        if self.count == self._number and self._accident in ("SIGKILL", "SIGTERM"):
            os.kill(os.getpid(), signal.Signals[self._accident])
        is_full = self._accident == "full" and self.count >= self._number
        if is_full and event in ("open", "os.mkdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


if __name__ == "__main__":
    _, folder, accident, number, command, *flags = sys.argv
    Path(folder, "tmp").mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(Path(folder, "tmp"))
    operations = Operations(folder, accident, int(number))
    if accident == "bytes":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), int(number)))
    else:
        sys.addaudithook(operations)
    sys.argv = ["ivaae", command, *flags]
    try:
        ivaae()
    finally:
        if accident == "none":
            print(f"operations: {operations.count}")
