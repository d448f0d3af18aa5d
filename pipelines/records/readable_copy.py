"""A copy of damaged records that leaves out what cannot be read.

The copy is a folder of records like any other: what is skipped is the same in each epoch, and the
order of images is again a function of (seed, epoch). It is made once for the same damage, and
removed when one of other damage is used.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from ivaae_tf.program.atomic_files import remove_folder, replace_when_complete
from ivaae_tf.program.damaged_files import read_json
from ivaae_tf.program.errors import UserError
from pipelines.records import stored, writing
from pipelines.records.shards import ShardScan
from pipelines.records.stored import DESCRIPTION, METADATA

# In the copy. A line is a shard, the first byte of what is skipped, and the reason.
SKIPPED_FILE = "skipped.tsv"

_PREFIX = "readable-"


def make(
    builder: tfds.core.DatasetBuilder, corrupt: dict[Path, ShardScan], fingerprint: str
) -> Path:
    """Writes the readable records to a new folder unless it exists, and returns it.

    Args:
        builder: The builder of the damaged records.
        corrupt: The scans of the shards with corrupt records, at least one.
        fingerprint: The fingerprint of the whole records.

    Raises:
        UserError: If nothing of a split can be read, or the copy cannot be written.
    """
    parts = sorted(str(part) for scan in corrupt.values() for part in scan.corrupt)
    digest = hashlib.sha256("\n".join([fingerprint, *parts]).encode()).hexdigest()
    source = Path(builder.data_dir)
    path = source.parent / f"{_PREFIX}{digest[:12]}" / source.name

    def write() -> None:
        with replace_when_complete(path, is_folder=True) as copy:
            _write(builder, corrupt, copy)
            _change_json(copy / METADATA, {"digest": digest})

    writing.ensure(path, write)
    return path


def remove_others(path: Path) -> None:
    """Removes the copies beside that of `path`, unless a process reads them.

    They are of the same records before these changed. Their caches of pixels are removed, too.
    """
    for other in path.parent.parent.glob(f"{_PREFIX}*/{path.name}"):
        # It may belong to another user, or another process may have removed it.
        with contextlib.suppress(UserError, OSError):
            if other != path:
                with stored.unread(other):
                    remove_folder(other.parent)


def _write(builder: tfds.core.DatasetBuilder, corrupt: dict[Path, ShardScan], copy: Path) -> None:
    source = Path(builder.data_dir)
    lengths = {}
    for name, split in builder.info.splits.items():
        shards = dict(zip(map(Path, split.filepaths), split.shard_lengths, strict=True))
        shards.update({shard: len(corrupt[shard].intact) for shard in shards if shard in corrupt})
        lengths[name] = list(shards.values())
        if not any(lengths[name]):
            raise UserError(f"{source}: no record of the split {name} can be read")
    for file in source.iterdir():
        if file in corrupt:
            _copy_parts(file, copy / file.name, corrupt[file].intact)
        elif file.is_file():
            _link_or_copy(file, copy / file.name)
    splits = read_json(source / DESCRIPTION, dict[str, Any])["splits"]
    for split in splits:
        split["shardLengths"] = [str(length) for length in lengths[split["name"]]]
    _change_json(copy / DESCRIPTION, {"splits": splits})
    skipped = [part for scan in corrupt.values() for part in scan.corrupt]
    lines = "".join(f"{part.shard}\t{part.offset}\t{part.reason}\n" for part in skipped)
    (copy / SKIPPED_FILE).write_text(lines, "utf-8")


def _change_json(path: Path, changes: dict[str, Any]) -> None:
    """Replaces values of a JSON file, which may be a link to a file of the damaged records."""
    content = read_json(path, dict[str, Any]) if path.exists() else {}
    path.unlink(missing_ok=True)
    path.write_text(json.dumps({**content, **changes}, indent=1) + "\n", "utf-8")


def _copy_parts(source: Path, copy: Path, parts: Iterable[tuple[int, int]]) -> None:
    with source.open("rb") as file, copy.open("wb") as written:
        for start, end in parts:
            file.seek(start)
            written.write(file.read(end - start))


def _link_or_copy(source: Path, copy: Path) -> None:
    try:
        os.link(source, copy)
    except OSError:  # Some file systems have no hard links.
        shutil.copyfile(source, copy)
