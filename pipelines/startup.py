"""Imports TensorFlow without what its libraries say while they are loaded.

A main imports this before anything else that imports TensorFlow. The lines come before TensorFlow
has read its log level, from C++, so that they are kept from the terminal by its file descriptor.
What else is said there follows once TensorFlow is imported.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

_EXPECTED = (b"absl::InitializeLog", b"oneDNN custom operations", b"cudart_stub")


@contextlib.contextmanager
def _without_expected_lines() -> Iterator[None]:
    """Holds back standard error, and lets the unexpected lines through when the block ends."""
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


with _without_expected_lines():
    import tensorflow  # noqa: F401
