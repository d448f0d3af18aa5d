"""The usable images of a folder of the user's own images, and their splits."""

import collections
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator

import numpy as np

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.shown_text import shown
from pipelines.folder.listing import Listing
from pipelines.images.checking import CheckedImage
from pipelines.records.class_names import check_class_names

# In the order in which TFDS lists them.
SPLITS = ("validation", "train")
_VALIDATION_SHARE = 0.1
_NAMED_TOGETHER = 5  # names in a line for the terminal


class FolderScan:
    """The usable images of a listing, in about 33 bytes each.

    Args:
        listing: The contents of the folder.
        results: For each name of the listing, in any order: its number, and the checked file or
            the reason of its refusal.

    Attributes:
        listing: As given.
        refused: (name, reason), sorted.

    Raises:
        UserError: If fewer than two files are usable, or the name of a class cannot be stored.
    """

    def __init__(self, listing: Listing, results: Iterable[tuple[int, CheckedImage | str]]):
        self.listing = listing
        shape = (len(listing.names),)
        self._digests = np.zeros((*shape, 32), np.uint8)
        self._usable, self._gray, self._original = np.zeros((3, *shape), bool)
        reasons = {}
        for index, result in results:
            if isinstance(result, str):
                reasons[index] = sys.intern(result)
                continue
            self._usable[index] = True
            self._gray[index] = result.grayscale
            self._original[index] = result.keeps_original_bytes
            self._digests[index] = np.frombuffer(result.sha256, np.uint8)
        self.refused = list(listing.refused)
        if reasons:
            named = enumerate(listing.names)
            self.refused += [(name, reasons[index]) for index, name in named if index in reasons]
        self.refused.sort()
        self._check_number()
        self._find_subfolders()
        check_class_names(self.classes, f"--image_folder={listing.folder}", "subfolders")
        self._validation = self._hold_out()

    def images(self, split: str) -> Iterator[CheckedImage]:
        """Yields the usable images of a split, in the order of their names."""
        wanted = self._usable & (self._validation == (split == "validation"))
        for index, name in enumerate(self.listing.names):
            if wanted[index]:
                yield CheckedImage(
                    name,
                    self._digests[index].tobytes(),
                    bool(self._gray[index]),
                    bool(self._original[index]),
                )

    def num_images(self, split: str) -> int:
        """Returns the number of usable images of a split."""
        return int(np.sum(self._usable & (self._validation == (split == "validation"))))

    @property
    def channels(self) -> int:
        """1 if every image is grayscale, else 3."""
        return 1 if np.all(self._gray[self._usable]) else 3

    @property
    def classes(self) -> list[str]:
        """The names of the first-level subfolders, sorted, if they are classes; else none.

        They are if there are at least two, and every usable image is in one.
        """
        are_classes = len(self._subfolders) > 1 and not self._beside
        return sorted(map(shown, self._subfolders)) if are_classes else []

    @property
    def why_no_classes(self) -> str | None:
        """The reason why several subfolders are not classes; None if they are, or are fewer."""
        if len(self._subfolders) < 2 or not self._beside:
            return None
        number, first = self._beside, shown(self._first_beside)
        others = f" and {number - 1:,} more images are" if number > 1 else " is"
        return f"{first}{others} in no subfolder, so there are no classes"

    @property
    def digest(self) -> str:
        """A hexadecimal digest of the splits, names and contents of the usable images."""
        digest = hashlib.sha256()
        for split in sorted(SPLITS):
            for image in self.images(split):
                digest.update(os.fsencode(f"{split}\0{image.name}\0{image.sha256.hex()}\0"))
        return digest.hexdigest()

    def _check_number(self) -> None:
        found = int(np.sum(self._usable))
        if found < 2:
            reasons = collections.Counter(reason for _, reason in self.refused)
            why = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
            raise UserError(
                f"--image_folder={self.listing.folder} holds {found} usable image(s), expected at "
                f"least 2, one of them for validation; refused {len(self.refused)}: {why or 'none'}"
            )

    def _find_subfolders(self) -> None:
        """Finds the first-level subfolders of usable images, and the images that are in none."""
        self._subfolders: set[str] = set()
        self._beside, self._first_beside = 0, ""
        for index, name in enumerate(self.listing.names):
            if not self._usable[index]:
                continue
            if (subfolder := subfolder_of(name)) is not None:
                self._subfolders.add(subfolder)
            else:
                self._beside += 1
                self._first_beside = self._first_beside or name

    def _hold_out(self) -> np.ndarray:
        """Chooses images for validation by a hash of the name: at least one, and not all.

        An image stays in its split if others are added.
        """
        positions = np.ones(len(self.listing.names))
        for index, name in enumerate(self.listing.names):
            digest = hashlib.sha256(os.fsencode(name)).digest()
            positions[index] = int.from_bytes(digest[:8], "big") / 2**64
        held_out = self._usable & (positions < _VALIDATION_SHARE)
        if not np.any(held_out):
            held_out[np.argmin(np.where(self._usable, positions, np.inf))] = True
        elif np.all(held_out == self._usable):
            held_out[np.argmax(np.where(self._usable, positions, -np.inf))] = False
        return held_out


def print_left_out(listing: Listing) -> None:
    """Prints a line on the hidden files and folders of a listing, if there are any."""
    if listing.left_out:
        named = ", ".join(map(shown, listing.left_out[:_NAMED_TOGETHER]))
        others = len(listing.left_out) - _NAMED_TOGETHER
        print(
            f"{listing.folder}: {len(listing.left_out):,} hidden file(s) or folder(s) left out: "
            f"{named}{f' and {others:,} more' if others > 0 else ''}"
        )


def subfolder_of(name: str) -> str | None:
    """Returns the first-level subfolder of a file, None if there is none."""
    parent, separator, _ = name.partition("/")
    return parent if separator else None
