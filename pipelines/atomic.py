"""Files that are there whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replace_when_complete(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path to write to; it takes the place of `path` when the block ends well.

    The temporary file lies beside `path`, with the same suffix. If the block raises, it is removed
    and what was at `path` stays. Folders on the way to `path` are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(folder) / path.name
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        Path(folder).rmdir()
