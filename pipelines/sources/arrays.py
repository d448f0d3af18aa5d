"""Images of a NumPy file as a TFDS builder."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError
from pipelines.images.pixels import NEARLY_BLACK
from pipelines.records import stored, writing
from pipelines.records.class_names import check_class_names
from pipelines.workers import memory

_MOST_NAMES = 10  # in a message

_CHUNK = 1000  # images that are looked at together, because the file may be larger than the memory


def prepare(array: str, data_dir: str, *, overwrite: bool = False) -> Path:
    """Writes the records of a NumPy file if they are not current; returns their folder.

    Args:
        array: A .npy file of images, or a .npz file with `images` and perhaps `labels`. Images have
            shape (n, height, width) or (n, height, width, 1 or 3), and levels from 0 to 255, or
            from 0 to 1 if they are floating-point numbers; labels have shape (n,).
        data_dir: The folder of all records.
        overwrite: Whether to write existing records again.

    Raises:
        UserError: If the file does not hold such images, or the records cannot be written.
    """
    file = Path(array).resolve()
    root, name = Path(data_dir, "array"), writing.name_of_source("array", file.stem, file)
    path = root / name / str(ArrayBuilder.VERSION)

    def is_current() -> bool:
        return stored.open_builder(path).info.metadata.get("file") == _state(file)

    def write() -> None:
        images, labels = read(file)
        builder = ArrayBuilder(file, images, labels, name=name, data_dir=root)
        writing.generate(builder, downloads=False)
        print(f"{array}: {len(images):,} images of shape {images.shape[1:]} in {path}")

    writing.ensure(path, write, is_current=is_current, source=array, overwrite=overwrite)
    return path


def read(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns the images, shape (n, height, width, channels), and the labels of a NumPy file.

    Images of a .npy file stay on the disk. Labels are strings, the empty one for none.

    Raises:
        UserError: If the file is not as `prepare` says.
    """
    labels = None
    try:
        with parsing(file):
            content: Any = np.load(file, mmap_mode="r", allow_pickle=False)
            if isinstance(content, np.ndarray):
                images = content
            else:
                with content:
                    _check_size(file, content)
                    images = _array(file, content, "images")
                    labels = _array(file, content, "labels") if "labels" in content else None
    except DamagedFileError as error:
        raise UserError(f"--array={file} is not a NumPy file of numbers: {error.reason}") from error
    images = checked_images(f"--array={file}", images)
    if labels is not None:
        labels = checked_labels(f"--array={file}", labels, len(images))
    return images, labels


def _check_size(file: Path, content: np.lib.npyio.NpzFile) -> None:
    """Checks that there are images, and that all arrays fit into the memory."""
    if "images" not in content:
        names = list(content)
        found = ", ".join([*names[:_MOST_NAMES], *["…"] * (len(names) > _MOST_NAMES)])
        raise UserError(
            f"--array={file} has {found or 'no arrays'}; expected images and perhaps labels, as "
            "np.savez(FILE, images=x_train, labels=y_train) names arrays"
        )
    with zipfile.ZipFile(file) as archive:
        num_bytes = sum(part.file_size for part in archive.infolist())
    if num_bytes > memory.free_memory():
        raise UserError(
            f"--array={file} has {num_bytes:,} bytes when it is expanded, more than the free "
            "memory; give a .npy file, which stays on the disk"
        )


def _array(file: Path, content: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    """Returns the array of a name; of other entries, NumPy returns the bytes."""
    if not isinstance(array := content[name], np.ndarray):
        raise UserError(f"--array={file} has an entry {name} that is not an array of NumPy")
    return array


def checked_labels(source: str, labels: np.ndarray, num_images: int) -> np.ndarray:
    """Returns the labels as strings, with the empty one for −1."""
    if labels.shape != (num_images,) or labels.dtype.kind not in "iuSU":
        hint = ""
        if labels.ndim == 2:
            hint = f"; use {'labels[:, 0]' if labels.shape[1] == 1 else 'labels.argmax(1)'}"
        raise UserError(
            f"{source} has labels of shape {labels.shape} and type {labels.dtype}; expected "
            f"one integer or string for each of the {num_images} images{hint}"
        )
    if labels.dtype.kind in "iu":
        return np.where(labels == -1, "", labels.astype(str))
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "surrogateescape")
    names = [name for name in np.unique(labels).tolist() if name]
    check_class_names(names, source, "labels")
    return labels


def checked_images(
    source: str, images: np.ndarray, *, any_channels: bool = False, fewest: int = 2
) -> np.ndarray:
    """Returns the images with an axis of channels.

    Args:
        source: What has the images, for messages.
        images: The images, as `prepare` expects them.
        any_channels: Whether there may be other numbers of channels than 1 and 3.
        fewest: Least number of images.

    Raises:
        UserError: If they are not as `prepare` says.
    """
    shape = images.shape
    channels = "channels" if any_channels else "1 or 3 channels"
    if len(shape) not in (3, 4) or not (any_channels or shape[3:] in ((), (1,), (3,))):
        order = "; np.moveaxis(x, 1, 3) moves channels there" if shape[1:2] in ((1,), (3,)) else ""
        raise UserError(
            f"{source} has shape {shape}; expected (images, height, width) or "
            f"(images, height, width, {channels}){order}, or (rows, columns) of numbers"
        )
    fewest_in_words = "two images" if fewest > 1 else "one image"
    if len(images) < fewest or 0 in shape:
        raise UserError(f"{source} has shape {shape}; expected at least {fewest_in_words}")
    if images.dtype.kind not in "buif":
        raise UserError(f"{source} has type {images.dtype}; expected numbers")
    expected, brightest = f"0 to {1 if images.dtype.kind in 'bf' else 255} for {images.dtype}", 0
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        low, high = chunk.min(), chunk.max()
        # Resizing leaves numbers such as 1.0000001, which are the level 255 all the same.
        if not (_of_255(low) >= 0 and _of_255(high) <= 255):  # also if a level is NaN
            raise UserError(f"{source} has levels from {low!s} to {high!s}; expected {expected}")
        brightest = max(brightest, int(_of_255(high)))
    if brightest <= NEARLY_BLACK:
        raise UserError(
            f"{source} is nearly black, with levels of at most {brightest} of 255; expected "
            f"levels that use {expected}, so multiply them first"
        )
    return images.reshape(*shape, 1) if len(shape) == 3 else images


def class_names(labels: np.ndarray) -> list[str]:
    """Returns the names of the classes, numbers in their own order."""
    names = set(labels.tolist()) - {""}
    are_numbers = all(name.removeprefix("-").isdecimal() for name in names)
    # Sorted before, too, so that 1 and 01 have the same order each time.
    return sorted(sorted(names), key=int) if are_numbers else sorted(names)


def to_levels(image: np.ndarray) -> np.ndarray:
    """Returns the nearest levels, uint8, of numbers that have been checked."""
    return _of_255(image).astype(np.uint8)


def _of_255(numbers: np.ndarray) -> np.ndarray:
    """Returns integers as they are, and the nearest of 255 levels for other numbers."""
    is_level = numbers.dtype.kind in "iu"
    return numbers if is_level else np.round(255 * numbers.astype(np.float64))


def _state(file: Path) -> str:
    """Returns text that changes with the file."""
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


# mypy does not see the untyped base class, which has this keyword.
class ArrayBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Writes the images of an array.

    There is one split, of which a tenth is held out when it is read.

    Args:
        file: The file that they are from.
        images: Shape (n, height, width, channels).
        labels: Shape (n,), or None.
        name: The name of the records.
        data_dir: The records are written to `<data_dir>/<name>/<version>`.
    """

    VERSION = tfds.core.Version("1.0.0")

    def __init__(
        self,
        file: Path,
        images: np.ndarray,
        labels: np.ndarray | None,
        *,
        name: str,
        data_dir: Path,
    ):
        self._state = _state(file)
        self._images = images
        self._labels = labels
        self._classes = [] if labels is None else class_names(labels)
        self.name = name
        super().__init__(data_dir=data_dir)

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Image(shape=self._images.shape[1:], encoding_format="png")
        }
        digest = hashlib.sha256(str(self._images.shape).encode())
        for start in range(0, len(self._images), _CHUNK):
            digest.update(to_levels(self._images[start : start + _CHUNK]).tobytes())
        if self._labels is not None:
            features["label"] = tfds.features.ClassLabel(names=self._classes)
            digest.update("\n".join(self._labels).encode())
        return tfds.core.DatasetInfo(
            builder=self,
            description="Images of the user.",
            features=tfds.features.FeaturesDict(features),
            metadata=tfds.core.MetadataDict(digest=digest.hexdigest(), file=self._state),
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict:
        del dl_manager  # Nothing is downloaded.
        return {"train": self._generate_examples()}

    def _generate_examples(self) -> Iterator[tuple[int, dict]]:
        for index, image in enumerate(self._images):
            example: dict[str, Any] = {"image": to_levels(image)}
            if self._labels is not None:
                label = str(self._labels[index])
                # TFDS has −1 for images without a label.
                example["label"] = self._classes.index(label) if label else -1
            yield index, example
