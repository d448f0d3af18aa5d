"""SHA-256 digests of files, which detect changed bytes.

The digest of `a.npz` is stored in `a.npz.sha256` beside it, in the format of `sha256sum`, so that
`sha256sum --check a.npz.sha256` checks it too.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from ivaae_tf.program.atomic_files import locked, replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, check_size, parsing, remove

_MOST_BYTES = 2**12  # of a digest and a name


def digest_path(path: Path) -> Path:
    """Returns the path of a file's digest."""
    return path.with_name(f"{path.name}.sha256")


@contextlib.contextmanager
def replace_with_digest(path: Path) -> Iterator[Path]:
    """Yields a temporary path like `replace_when_complete`, and stores the file's digest.

    A process that is killed between the two leaves a file without a digest, never with a wrong one.
    If two processes write the same file, one waits, so that file and digest match. A folder with
    the name of the file is removed: all files with a digest can be made again.
    """
    with contextlib.ExitStack() as until_both_are_there:
        with replace_when_complete(path) as temporary:
            yield temporary
            digest = _digest(temporary)
            until_both_are_there.enter_context(locked(path.parent))
            remove(digest_path(path))
            if path.is_dir():
                remove(path)
        with replace_when_complete(digest_path(path)) as temporary:
            temporary.write_text(f"{digest}  {path.name}\n", "utf-8")


def check(path: Path, *, needed: bool = False) -> None:
    """Checks a file against its digest; the file must exist.

    Args:
        path: The file.
        needed: Whether a file without a digest, which an older version wrote, is an error.

    Raises:
        DamagedFileError: If the content is not what was written.
    """
    try:
        _check(path, needed)
    except DamagedFileError:
        # Another process may be about to write the digest, and holds the lock until it has.
        with locked(path.parent, is_shared=True):
            _check(path, needed)


def _check(path: Path, needed: bool) -> None:
    stored = digest_path(path)
    with parsing(path):
        if not stored.exists():
            if needed:
                raise DamagedFileError(path, "its digest is missing, as in older versions")
            return
    check_size(stored, _MOST_BYTES)
    with parsing(stored):
        expected = stored.read_text("utf-8").split(" ")[0]
    with parsing(path):
        if _digest(path) != expected:
            raise DamagedFileError(path, f"its content does not match {stored.name}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
