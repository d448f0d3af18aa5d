"""Imports TensorFlow without the expected messages of its libraries.

A main imports this before anything else that imports TensorFlow. From then on Ctrl-C and SIGTERM
end the process with a line. C++ code prints these messages
before TensorFlow reads its log level, so they are filtered at the file descriptor of standard
error. All other messages are printed after the import.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

from pipelines import interruption, temporary_files

_EXPECTED = (b"absl::InitializeLog", b"oneDNN custom operations", b"cudart_stub")


@contextlib.contextmanager
def _without_expected_lines() -> Iterator[None]:
    """Holds back standard error, and prints the unexpected lines when the block ends."""
    if sys.stderr is None:  # It is closed.
        yield
        return
    with os.fdopen(os.memfd_create("stderr"), "w+b") as said:
        sys.stderr.flush()
        terminal = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            said.seek(0)
            for line in said:
                if not any(expected in line for expected in _EXPECTED):
                    os.write(2, line)


interruption.install()  # The import takes seconds, and Ctrl-C would end in a traceback.
temporary_files.use_own_folder()
with _without_expected_lines():
    import tensorflow  # noqa: F401
