"""The work on the files of a folder: checking them, and handing their bytes to TFDS."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ivaae_tf.program.shown_text import shown
from pipelines.folder import files
from pipelines.folder.listing import Listing
from pipelines.folder.scan import FolderScan, subfolder_of
from pipelines.images import checking
from pipelines.workers.pool import WorkerPool


class FolderWork:
    """The work in worker processes on this machine.

    Args:
        pool: Open, of workers with `pipelines.images.checking`; None to open one.
    """

    def __init__(self, pool: WorkerPool | None = None):
        self._given_pool = pool

    @contextlib.contextmanager
    def open(self, folder: Path) -> Iterator[None]:
        """Holds what the methods below need; its files are beside the records in `folder`."""
        del folder
        if self._given_pool:
            self._pool = self._given_pool
            yield
        else:
            with WorkerPool(checking.__name__) as self._pool:
                yield

    def scan(self, listing: Listing) -> FolderScan:
        """Checks every file, with a progress bar.

        Raises:
            UserError: If fewer than two files are usable.
        """
        progress = tqdm(
            files.check(self._pool, listing.folder, listing.names),
            desc="Checking images",
            total=len(listing.names),
            unit=" files",
            mininterval=1,
        )
        return FolderScan(listing, progress)

    def examples(self, scan: FolderScan, split: str) -> Any:
        """Yields (key, example): first the images that workers encode, then the others.

        Raises:
            UserError: If a file has changed since it was checked.
        """
        folder, are_labeled = scan.listing.folder, bool(scan.classes)
        with tqdm(
            desc=f"Writing {split}",
            total=scan.num_images(split),
            unit=" images",
            mininterval=1,
        ) as progress:
            to_encode = (image for image in scan.images(split) if not image.keeps_original_bytes)
            for name, encoded in files.encode(self._pool, folder, to_encode):
                yield example(name, encoded, are_labeled)
                progress.update()
            for image in scan.images(split):
                if image.keeps_original_bytes:
                    yield example(image.name, files.read(folder, image), are_labeled)
                    progress.update()

    def download_options(self) -> dict[str, Any]:
        """Returns the options of `tfds.download.DownloadConfig`."""
        return {}


def example(name: str, encoded: bytes, is_labeled: bool) -> tuple[bytes, dict]:
    """Returns the key and the example of an image.

    Args:
        name: The file.
        encoded: The bytes for the records.
        is_labeled: Whether its first-level subfolder is its class.
    """
    label = {"label": subfolder_of(shown(name))} if is_labeled else {}
    return os.fsencode(name), {"image": encoded, **label}
