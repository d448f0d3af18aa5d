"""A folder of the user's own images as a TFDS builder."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.shown_text import escaped, inert, shown
from pipelines.folder.listing import list_folder
from pipelines.folder.scan import SPLITS, FolderScan, print_left_out
from pipelines.folder.work import FolderWork
from pipelines.records import stored, writing

# Beside the records. A line is the name of a refused file, a tab and the reason.
REFUSED_FILE = "refused.tsv"


def prepare(
    image_folder: str,
    data_dir: str,
    *,
    exclude: Sequence[str | os.PathLike] = (),
    overwrite: bool = False,
    work: FolderWork | None = None,
) -> Path:
    """Writes the records of a folder if they are not current; returns their folder.

    Args:
        image_folder: A folder with JPEG, PNG, GIF, BMP, WebP and TIFF files at any depth.
        data_dir: The folder of all records; skipped if it is inside `image_folder`.
        exclude: More folders that are skipped if they are inside `image_folder`.
        overwrite: Whether to write existing records again.
        work: Where the files are read; None for worker processes on this machine.

    Raises:
        UserError: If the folder is missing or empty, has fewer than two usable images, a class
            whose name cannot be stored, or the records cannot be written.
    """
    if Path(image_folder).resolve() in {Path(each).resolve() for each in exclude}:
        raise UserError(
            f"--image_folder={image_folder} is the folder of a run, whose pictures are not data; "
            "give another --workdir, such as a folder inside of it"
        )
    listing = list_folder(image_folder, exclude=[data_dir, *exclude])
    print_left_out(listing)
    source = listing.folder
    root, name = Path(data_dir, "folder"), writing.name_of_source("folder", source.name, source)
    path = root / name / str(FolderBuilder.VERSION)
    folder_work = work or FolderWork()

    def is_current() -> bool:
        return stored.open_builder(path).info.metadata.get("listing") == listing.fingerprint

    def write() -> None:
        with folder_work.open(path.parent):
            scan = folder_work.scan(listing)
            builder = FolderBuilder(scan, folder_work, name=name, data_dir=root)
            writing.generate(builder, downloads=False, **folder_work.download_options())
        print(summary(scan, path))

    writing.ensure(path, write, is_current=is_current, source=str(source), overwrite=overwrite)
    return path


def summary(scan: FolderScan, path: Path) -> str:
    """Returns lines on the images, the channels, the refused files and the classes."""
    counts = ", ".join(f"{scan.num_images(split)} {split}" for split in ("train", "validation"))
    written = f"{scan.listing.folder}: {counts} images with {scan.channels} channel(s)"
    if scan.classes:
        written += f", {len(scan.classes)} classes named after the subfolders"
    if scan.refused:
        written += f"\n{len(scan.refused)} file(s) refused, listed in {path / REFUSED_FILE}"
    else:
        written += "; no file refused"
    return f"{written}\n{scan.why_no_classes}" if scan.why_no_classes else written


# mypy does not see the untyped base class, which has this keyword.
class FolderBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Writes the images of a scan, and the list of refused files.

    Args:
        scan: The scan of the folder.
        work: Where the files are read.
        name: The name of the records.
        data_dir: The records are written to `<data_dir>/<name>/<version>`.
    """

    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, scan: FolderScan, work: FolderWork, *, name: str, data_dir: Path):
        self._scan, self._work = scan, work
        self.name = name
        super().__init__(data_dir=data_dir)

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(shape=(None, None, self._scan.channels))}
        if classes := self._scan.classes:
            features["label"] = tfds.features.ClassLabel(names=classes)
        return tfds.core.DatasetInfo(
            builder=self,
            description="Images of the user.",
            features=tfds.features.FeaturesDict(features),
            metadata=tfds.core.MetadataDict(
                digest=self._scan.digest,
                listing=self._scan.listing.fingerprint,
                num_refused=len(self._scan.refused),
            ),
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        del dl_manager  # Nothing is downloaded.
        # While TFDS writes, `data_path` is the unfinished folder.
        rows = ((inert(shown(name)), escaped(reason)) for name, reason in self._scan.refused)
        lines = "".join(f"{name}\t{reason}\n" for name, reason in rows)
        (self.data_path / REFUSED_FILE).write_text(lines, "utf-8")
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split: str) -> Any:
        return self._work.examples(self._scan, split)
