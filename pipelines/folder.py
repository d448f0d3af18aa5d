"""A folder of the user's own images as a TFDS builder."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import tensorflow_datasets as tfds
from tqdm import tqdm

from pipelines import image_files, records
from pipelines.errors import UserError
from pipelines.folder_scan import FolderScan, list_folder, scan_files

REFUSED_FILE = "refused.tsv"
"""Beside the records: name and reason of each refused file, separated by a tab, one a line."""


def prepare(image_folder: str, data_dir: str, *, overwrite: bool = False) -> Path:
    """Writes the records of a folder, unless they are there and the folder is unchanged.

    Args:
      image_folder: holds JPEG, PNG, GIF, BMP and WebP files at any depth.
      data_dir: where record folders lie; passed over where it lies inside `image_folder`.
      overwrite: write again what is there.

    Returns:
      The folder of the records.

    Raises:
      UserError: the folder is missing or empty, nothing in it can be used, or the records cannot
        be written.
    """
    listing = list_folder(image_folder, exclude=data_dir)
    # The folder's name is for people; the hash of its path keeps folders of the same name apart.
    label = re.sub(r"\W+", "_", listing.folder.name, flags=re.ASCII).strip("_")[:40]
    path_hash = hashlib.sha256(os.fsencode(listing.folder)).hexdigest()[:12]
    root, name = Path(data_dir, "folder"), f"folder_{label}_{path_hash}"
    path = root / name / str(FolderBuilder.VERSION)

    def is_current() -> bool:
        metadata = tfds.builder_from_directory(path).info.metadata
        return metadata["listing"] == listing.fingerprint

    def write() -> None:
        survey = scan_files(listing)
        with records.own_temporary_folder():
            builder = FolderBuilder(survey, name=name, data_dir=root)
        records.generate(builder, downloads=False)
        print(summary(survey, path))

    if path.is_dir() and not is_current():
        print(f"{listing.folder} has changed since its records were written: preparing again")
    records.ensure(path, write, is_current=is_current, overwrite=overwrite)
    return path


def summary(survey: FolderScan, path: Path) -> str:
    """One or two lines on what was written where."""
    counts = ", ".join(f"{len(survey.kept[split])} {split}" for split in ("train", "validation"))
    written = f"{survey.listing.folder}: {counts} images with {survey.channels} channel(s)"
    if not survey.refused:
        return f"{written}; no file refused"
    return f"{written}\n{len(survey.refused)} file(s) refused, listed in {path / REFUSED_FILE}"


# mypy does not see the untyped base class, which takes the keyword.
class FolderBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Writes the images of a survey, and the list of what it refused.

    Args:
      survey: of the folder.
      name: what to call the records.
      data_dir: where to write them, in `<name>/<version>`.
    """

    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, survey: FolderScan, *, name: str, data_dir: Path):
        self._survey = survey
        self.name = name
        super().__init__(data_dir=data_dir)

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Images of the user.",
            features=tfds.features.FeaturesDict(
                {"image": tfds.features.Image(shape=(None, None, self._survey.channels))}
            ),
            metadata=tfds.core.MetadataDict(
                digest=self._survey.digest,
                listing=self._survey.listing.fingerprint,
                num_refused=len(self._survey.refused),
            ),
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        del dl_manager  # Nothing is downloaded.
        # While it writes, TFDS has `data_path` name the unfinished folder.
        lines = "".join(f"{_shown(name)}\t{reason}\n" for name, reason in self._survey.refused)
        (self.data_path / REFUSED_FILE).write_text(lines)
        return {
            split: self._generate_examples(split, images)
            for split, images in self._survey.kept.items()
        }

    def _generate_examples(
        self, split: str, images: list[image_files.CheckedImage]
    ) -> Iterator[tuple[bytes, dict]]:
        for image in tqdm(images, desc=f"Writing {split}", unit=" images", mininterval=1):
            path = self._survey.listing.folder / image.name
            try:
                encoded = image_files.encoded_for_records(path, image)
            except image_files.RefusedError as error:
                raise UserError(f"{path}: {error}; run the same command again") from error
            yield os.fsencode(image.name), {"image": encoded}


def _shown(name: str) -> str:
    """A file's name on one line of UTF-8, whatever bytes it has."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
