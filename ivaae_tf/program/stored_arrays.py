"""Arrays in `.npz` files, with a digest: results that can be made again."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ivaae_tf.program import digests
from ivaae_tf.program.damaged_files import (
    DamagedFileError,
    check_expanded_size,
    check_size,
    parsing,
)

_MOST_BYTES = 2**32


def save(path: Path, **arrays: Any) -> None:
    """Writes arrays, which are not compressed, and their digest."""
    with digests.replace_with_digest(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def load(path: Path, *, needs_digest: bool = True) -> dict[str, np.ndarray]:
    """Returns what `save` wrote.

    Args:
        path: The file; it must exist.
        needs_digest: Whether a file without a digest, which an older version wrote, is an error.

    Raises:
        DamagedFileError: If the content is not what was written.
    """
    check_size(path, _MOST_BYTES)
    digests.check(path, needed=needs_digest)
    with parsing(path):
        with zipfile.ZipFile(path) as archive:
            check_expanded_size(path, archive)
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored.items())
        for name, array in arrays.items():
            # NumPy returns the bytes of a member that is not an array.
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufU":
                raise DamagedFileError(path, f"{name} is not an array of numbers or text")
        return arrays
