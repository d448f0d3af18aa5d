"""Folders that a command writes as a whole, with a list of their files.

When the command writes the folder again, it removes only the files of the list. A folder to which
people have added pictures or notes is refused.
"""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import parsing
from ivaae_tf.program.errors import UserError

_LIST = ".ivaae_tf.files"


@contextlib.contextmanager
def replace_written_folder(path: Path, *, may_replace: bool, advice: str) -> Iterator[Path]:
    """Yields an empty folder that replaces `path` if the block succeeds.

    Args:
        path: The folder, of the flag --out.
        may_replace: Whether it may exist.
        advice: What to give otherwise, for the error.

    Raises:
        UserError: If it exists but may not, or has a file that this function did not write, before
            the block or after it.
    """
    is_new = not path.exists()
    if not (is_new or may_replace):
        raise UserError(f"--out: {path} exists; {advice}")
    if (path / _LIST).exists():
        _check_all_are_listed(path)
    try:
        with replace_when_complete(path, is_folder=True, is_new=is_new) as folder:
            yield folder
            written = _files(folder)
            (folder / _LIST).write_text("".join(f"{name}\n" for name in written), "utf-8")
            if not is_new:
                _check_all_are_listed(path, or_in=written)
    except FileExistsError as error:
        if error.filename != str(path):
            raise
        raise UserError(f"--out: {path} was made by another process meanwhile") from error


def _check_all_are_listed(folder: Path, or_in: Collection[str] = ()) -> None:
    """Checks that a folder's files are in its list; an older version wrote no list."""
    listed = {_LIST, *or_in}
    with parsing(folder / _LIST), contextlib.suppress(FileNotFoundError):
        listed = {_LIST, *(folder / _LIST).read_text("utf-8").splitlines()}
    if others := sorted(set(_files(folder)) - listed):
        raise UserError(
            f"--out: {folder} has {len(others)} file(s) that this command did not write, such as "
            f"{others[0]!r}; move them away, or give a new folder"
        )


def _files(folder: Path) -> list[str]:
    """Returns the paths of all that is not a folder, as text."""
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return [str(path.relative_to(folder)) for path in paths]
