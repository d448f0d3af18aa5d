"""Scans a folder of the user's own images for usable files."""

import collections
import dataclasses
import hashlib
import os
import stat
import warnings
from multiprocessing.pool import ThreadPool
from pathlib import Path

from tqdm import tqdm

from pipelines import image_files
from pipelines.errors import UserError, summarize_error

_VALIDATION_SHARE = 0.1


@dataclasses.dataclass(frozen=True)
class Listing:
    """The contents of a folder, before any file is opened.

    Attributes:
        folder: Absolute path.
        names: Regular files at any depth, relative to the folder, sorted.
        refused: (name, reason) of everything else, except folders.
        fingerprint: Changes with any file's name, size or time of modification.
    """

    folder: Path
    names: list[str]
    refused: list[tuple[str, str]]
    fingerprint: str


@dataclasses.dataclass(frozen=True)
class FolderScan:
    """The usable images of a listing.

    Attributes:
        listing: The contents of the folder.
        kept: Split name -> the usable images, in the order of their names.
        refused: (name, reason), sorted.
    """

    listing: Listing
    kept: dict[str, list[image_files.CheckedImage]]
    refused: list[tuple[str, str]]

    @property
    def channels(self) -> int:
        """1 if every image is grayscale, else 3."""
        gray = all(image.grayscale for images in self.kept.values() for image in images)
        return 1 if gray else 3

    @property
    def digest(self) -> str:
        """A hexadecimal digest of the splits, names and contents of the kept images."""
        digest = hashlib.sha256()
        for split, images in sorted(self.kept.items()):
            for image in images:
                digest.update(os.fsencode(f"{split}\0{image.name}\0{image.sha256.hex()}\0"))
        return digest.hexdigest()


def list_folder(image_folder: str, *, exclude: str) -> Listing:
    """Lists a folder without opening a file, and skips the folder `exclude`.

    Symbolic links to folders are not followed, so a loop of links cannot run forever.

    Raises:
        UserError: If the folder is missing, cannot be read or is empty.
    """
    folder = Path(image_folder).expanduser().resolve()
    if not folder.is_dir():
        found = "is not a folder" if folder.exists() else "does not exist"
        raise UserError(f"--image_folder={image_folder} {found}; expected a folder of images")
    names, refused = [], []
    digest = hashlib.sha256()

    def unreadable(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise UserError(f"--image_folder={image_folder}: {error.strerror}") from error
        refused.append(
            (os.path.relpath(error.filename, folder), error.strerror or summarize_error(error))
        )

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(
            name for name in folders if Path(parent, name) != Path(exclude).resolve()
        )
        for name in sorted(
            [*files, *(name for name in folders if Path(parent, name).is_symlink())]
        ):
            path = Path(parent, name)
            relative = str(path.relative_to(folder))
            try:
                status = path.stat()
            except OSError as error:  # The link is broken or circular.
                refused.append((relative, error.strerror or summarize_error(error)))
                continue
            if stat.S_ISREG(status.st_mode):
                names.append(relative)
                digest.update(os.fsencode(f"{relative}\0{status.st_size}\0{status.st_mtime_ns}\0"))
            elif stat.S_ISDIR(status.st_mode):
                refused.append((relative, "a link to a folder: not followed"))
            else:
                refused.append((relative, "not a regular file"))
    if not names and not refused:
        raise UserError(f"--image_folder={image_folder} is empty; expected images in it")
    return Listing(folder, sorted(names), refused, digest.hexdigest())


def scan_files(listing: Listing) -> FolderScan:
    """Checks every file, with a progress bar, and holds out a validation split.

    Raises:
        UserError: If fewer than two files are usable.
    """

    def check(name: str) -> image_files.CheckedImage | tuple[str, str]:
        try:
            return image_files.check(listing.folder / name, name)
        except image_files.RefusedError as error:
            return name, str(error)

    with warnings.catch_warnings(), ThreadPool() as pool:
        warnings.simplefilter("ignore")  # Pillow warns about files that `check` judges.
        results = list(
            tqdm(
                pool.imap(check, listing.names, chunksize=4),
                desc="Checking images",
                total=len(listing.names),
                unit=" files",
                mininterval=1,
            )
        )
    kept = [result for result in results if isinstance(result, image_files.CheckedImage)]
    refused = sorted(listing.refused + [result for result in results if isinstance(result, tuple)])
    if len(kept) < 2:
        reasons = collections.Counter(reason for _, reason in refused)
        found = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
        raise UserError(
            f"--image_folder={listing.folder} holds {len(kept)} usable image(s), expected at "
            f"least 2, one of them for validation; refused {len(refused)}: {found or 'none'}"
        )
    return FolderScan(listing, _hold_out(kept), refused)


def _hold_out(
    images: list[image_files.CheckedImage],
) -> dict[str, list[image_files.CheckedImage]]:
    """Splits the images by a hash of the name; each split has at least one image.

    An image stays in its split if others are added.
    """

    def position(image: image_files.CheckedImage) -> float:
        digest = hashlib.sha256(os.fsencode(image.name)).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    ordered = sorted(images, key=position)
    share = sum(position(image) < _VALIDATION_SHARE for image in images)
    size = min(max(share, 1), len(images) - 1)
    by_name = {"validation": ordered[:size], "train": ordered[size:]}
    return {
        split: sorted(images, key=lambda image: image.name) for split, images in by_name.items()
    }
