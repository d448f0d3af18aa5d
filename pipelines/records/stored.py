"""Opens folders of records: checked, and locked against another process that would replace them."""

import contextlib
import fcntl
import json
import os
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import tensorflow as tf
import tensorflow_datasets as tfds
from tqdm import tqdm

from ivaae_tf.program.atomic_files import remove_incomplete, replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, parsing, read_json
from ivaae_tf.program.errors import UserError, summarize_error

DESCRIPTION = "dataset_info.json"
METADATA = "metadata.json"
_FEATURES = "features.json"
# Shards in which all checksums were right: name -> [bytes, time of modification].
_CHECKED = "checked.json"
_READ_TOGETHER = 2**22  # bytes
ADVICE = (
    "`ivaae prepare --overwrite` makes the records again, with the data flags that they were made "
    "with"
)


class Reading:
    """A shared lock on a folder of records, until this object or the process ends.

    Raises:
        FileNotFoundError: If there is no such folder.
    """

    _all: ClassVar["weakref.WeakSet[Reading]"] = weakref.WeakSet()

    def __init__(self, path: Path):
        self._path = path
        self._all.add(self)
        while True:
            descriptor = os.open(path, os.O_RDONLY)
            with contextlib.suppress(OSError):  # Some network file systems have no locks.
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                weakref.finalize(self, os.close, descriptor)
                return
            os.close(descriptor)  # It was replaced while this process waited.

    @classmethod
    def folders(cls) -> list[Path]:
        """Returns the folders that this process reads."""
        return sorted({reading._path for reading in cls._all})


@contextlib.contextmanager
def unread(path: Path) -> Iterator[None]:
    """Holds the folder of records alone.

    Raises:
        UserError: If another process reads it.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"{path} is being read by another process, such as a training; wait for its end, "
                "or give another --data_dir"
            ) from error
        except OSError:  # Some network file systems have no locks.
            pass
        yield
    finally:
        os.close(descriptor)


def open_builder(path: Path) -> tfds.core.DatasetBuilder:
    """Returns the TFDS builder of a folder of records whose descriptions are readable.

    Raises:
        UserError: If a description is damaged, or a shard is missing.
    """
    try:
        for name in (DESCRIPTION, _FEATURES):
            content = read_json(path / name, dict[str, Any])
            if name == _FEATURES:
                _check_features(path / name, content)
        if (path / METADATA).exists():
            read_json(path / METADATA, dict[str, Any])
        # TFDS uses the values of these files without a check of their types.
        with parsing(path / DESCRIPTION, TypeError, AttributeError):
            builder = tfds.builder_from_directory(path)
            shards = [
                Path(file) for split in builder.info.splits.values() for file in split.filepaths
            ]
        for shard in shards:
            if not shard.is_file():
                raise DamagedFileError(shard, "it is missing, or not a file")
    except DamagedFileError as error:
        raise UserError(f"{error}; {ADVICE}") from error
    return builder


def check_shards(builder: tfds.core.DatasetBuilder) -> None:
    """Compares the checksums of all records.

    A shard that was found whole is not read again while its size and time of modification stay.
    What TFDS writes in another format than TFRecord is not read.

    Raises:
        UserError: If a record is corrupt.
    """
    if builder.info.file_format != tfds.core.FileFormat.TFRECORD:
        return
    folder = Path(builder.data_dir)
    remove_incomplete(folder)  # If all is checked, nothing is written, which would do it.
    checked = _read_checked(folder / _CHECKED)
    lengths = shard_lengths(builder)
    unknown = [shard for shard in lengths if checked.get(shard.name) != _identity(shard)]
    for shard in tqdm(unknown, desc="Checking records", unit=" files", delay=2, leave=False):
        _check_shard(shard, lengths[shard])
        checked[shard.name] = _identity(shard)
    if unknown:
        # The folder may belong to another user, or the disk may be full.
        with contextlib.suppress(OSError), replace_when_complete(folder / _CHECKED) as temporary:
            temporary.write_text(json.dumps(checked, indent=1) + "\n", "utf-8")


def _check_shard(shard: Path, num_records: int) -> None:
    """Reads a shard through; TensorFlow compares the checksums of its records."""
    records = tf.data.TFRecordDataset(str(shard), buffer_size=_READ_TOGETHER)
    try:
        found = sum(len(batch) for batch in records.batch(16))
    except tf.errors.DataLossError as error:
        place = re.search(r"record at (\d+)", error.message)
        problem = f"a corrupt record at byte {place[1]}" if place else summarize_error(error)
        raise UserError(f"{shard} has {problem}; {ADVICE}") from error
    if found != num_records:
        raise UserError(f"{shard} ends after {found} of {num_records} records; {ADVICE}")


def shard_lengths(builder: tfds.core.DatasetBuilder) -> dict[Path, int]:
    """Returns the number of records that each shard should have."""
    return {
        Path(file): length
        for split in builder.info.splits.values()
        for file, length in zip(split.filepaths, split.shard_lengths, strict=True)
    }


def _check_features(path: Path, content: Any) -> None:
    """Refuses classes of features from outside of TFDS, whose modules would be imported."""
    if isinstance(content, dict):
        for name, value in content.items():
            is_class = name in ("type", "pythonClassName") and isinstance(value, str)
            if is_class and not value.startswith("tensorflow_datasets."):
                raise DamagedFileError(path, f"{value!r} is not a feature of TensorFlow Datasets")
            _check_features(path, value)
    elif isinstance(content, list):
        for value in content:
            _check_features(path, value)


def _read_checked(path: Path) -> dict[str, list[Any]]:
    if not path.exists():
        return {}
    try:
        return read_json(path, dict[str, list[Any]])
    except DamagedFileError:
        return {}  # The shards are read again.


def _identity(shard: Path) -> list[int]:
    status = shard.stat()
    return [status.st_size, status.st_mtime_ns]
