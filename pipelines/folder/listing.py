"""Lists a folder of the user's own images, without opening a file."""

import dataclasses
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ivaae_tf.program.errors import UserError, summarize_error

# What systems and file managers keep beside the user's files, in lower case. They hold copies,
# reduced pictures and what was deleted.
_OF_SYSTEMS = {
    *("__macosx", "@eadir", "#recycle", "@recycle", "#snapshot", "$recycle.bin", "lost+found"),
    *("system volume information", "thumbs.db", "desktop.ini"),
}


class Names:
    """Names of files in one piece of memory: a byte for each more than their text.

    Args:
        names: Read once.
    """

    def __init__(self, names: Iterable[str]):
        self._joined = bytearray()
        self._length = 0
        for name in names:
            self._joined += os.fsencode(name) + b"\0"
            self._length += 1

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        start = 0
        while start < len(self._joined):
            end = self._joined.index(0, start)
            yield os.fsdecode(bytes(self._joined[start:end]))
            start = end + 1


@dataclasses.dataclass(frozen=True)
class Listing:
    """The contents of a folder, before any file is opened.

    Attributes:
        folder: Absolute path.
        names: Regular files at any depth, relative to the folder, sorted.
        refused: (name, reason) of everything else, except folders.
        left_out: Hidden files and, with a slash at the end, folders; sorted.
        fingerprint: Changes with the name, size or time of modification of any regular file.
    """

    folder: Path
    names: Names
    refused: list[tuple[str, str]]
    left_out: list[str]
    fingerprint: str


def list_folder(image_folder: str, *, exclude: Sequence[str | os.PathLike] = ()) -> Listing:
    """Lists a folder without opening a file.

    Symbolic links to folders are not followed, so a loop of links cannot run forever. What is
    hidden inside the folder is left out; the folder itself may be hidden.

    Args:
        image_folder: The folder as the user gave it.
        exclude: Folders that are skipped if they are inside it.

    Raises:
        UserError: If the folder is missing, cannot be read or is empty.
    """
    folder = Path(image_folder).resolve()
    if not folder.is_dir():
        found = "is not a folder" if folder.exists() else "does not exist"
        raise UserError(f"--image_folder={image_folder} {found}; expected a folder of images")
    skipped = {str(Path(path).resolve()) for path in exclude}
    names: list[str] = []
    refused: list[tuple[str, str]] = []
    left_out: list[str] = []
    digest = hashlib.sha256()
    pending = [""]  # Folders relative to `folder`, each with a slash at its end.
    while pending:
        parent = pending.pop()
        try:
            with os.scandir(folder / parent) as found_entries:
                entries = sorted(found_entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = error.strerror or summarize_error(error)
            if not parent:
                raise UserError(f"--image_folder={image_folder}: {reason}") from error
            refused.append((parent[:-1], reason))
            continue
        folders = []
        for entry in entries:
            name = parent + entry.name
            if entry.path in skipped:
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            if _is_hidden(entry.name):
                left_out.append(f"{name}/" if is_folder else name)
                continue
            if is_folder:
                folders.append(f"{name}/")
                continue
            try:
                status = entry.stat()
            except OSError as error:  # A broken or circular link, or a path that is too long.
                refused.append((name, error.strerror or summarize_error(error)))
                continue
            if stat.S_ISREG(status.st_mode):
                names.append(name)
                digest.update(os.fsencode(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0"))
            elif stat.S_ISDIR(status.st_mode):
                refused.append((name, "a link to a folder: not followed"))
            else:
                refused.append((name, "not a regular file"))
        pending.extend(reversed(folders))
    if not names and not refused:
        found = "holds only hidden files and folders" if left_out else "is empty"
        raise UserError(f"--image_folder={image_folder} {found}; expected images in it")
    names.sort()
    left_out.sort()
    return Listing(folder, Names(names), refused, left_out, digest.hexdigest())


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _OF_SYSTEMS
