"""Finds corrupt records in files of the TFRecord format.

A record is its length (8 bytes), the checksum of the length (4), the data, and the checksum of the
data (4). The checksum is CRC-32C, rotated and shifted:
https://www.tensorflow.org/tutorials/load_data/tfrecord
"""

import dataclasses
import mmap
import struct
from pathlib import Path

import google_crc32c

_HEADER = 12  # bytes before the data
_FOOTER = 4


@dataclasses.dataclass(frozen=True)
class Corrupt:
    """A part of a shard that cannot be read.

    Attributes:
        shard: The name of the file.
        offset: The first byte of the part.
        reason: What is wrong with it.
    """

    shard: str
    offset: int
    reason: str

    def __str__(self):
        return f"{self.shard}, byte {self.offset}: {self.reason}"


@dataclasses.dataclass(frozen=True)
class ShardScan:
    """The parts of a shard.

    Attributes:
        intact: First byte and end of each record that can be read, in order.
        corrupt: The parts between them.
    """

    intact: list[tuple[int, int]]
    corrupt: list[Corrupt]


def scan(shard: Path, num_records: int) -> ShardScan:
    """Reads a shard through and compares all checksums.

    After a record with a wrong length, the next one is found by the checksum of its length.

    Args:
        shard: The file.
        num_records: The number of records that it should have.
    """
    intact: list[tuple[int, int]] = []
    corrupt: list[Corrupt] = []
    size = shard.stat().st_size
    with shard.open("rb") as file:
        if size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                _scan(shard.name, content, intact, corrupt)
    if not corrupt and len(intact) != num_records:
        reason = f"it ends after {len(intact)} of {num_records} records"
        corrupt.append(Corrupt(shard.name, size, reason))
    return ShardScan(intact, corrupt)


def _scan(
    name: str, content: mmap.mmap, intact: list[tuple[int, int]], corrupt: list[Corrupt]
) -> None:
    offset, size = 0, len(content)
    while offset < size:
        end = _end_of_record(content, offset)
        if end is None:
            corrupt.append(Corrupt(name, offset, "the checksum of the record's length is wrong"))
            offset = _next_record(content, offset + 1)
        elif end > size:
            corrupt.append(Corrupt(name, offset, "the file ends inside of the record"))
            return
        elif not _has_checksum(content, offset + _HEADER, end - _FOOTER):
            corrupt.append(Corrupt(name, offset, "the checksum of the record's data is wrong"))
            offset = end
        else:
            intact.append((offset, end))
            offset = end


def _end_of_record(content: mmap.mmap, offset: int) -> int | None:
    """Returns the end of the record at `offset`, or None if its length is corrupt."""
    if offset + _HEADER > len(content):
        return len(content) + 1
    if not _has_checksum(content, offset, offset + 8):
        return None
    (length,) = struct.unpack_from("<Q", content, offset)
    return offset + _HEADER + length + _FOOTER


def _next_record(content: mmap.mmap, offset: int) -> int:
    """Returns the first offset of a record whose length and data are intact, or the end."""
    while True:
        # The four high bytes of a length below 4 GB are zero.
        offset = content.find(b"\0\0\0\0", offset + 4) - 4
        if offset < 0:
            return len(content)
        end = _end_of_record(content, offset)
        if (
            end is not None
            and end <= len(content)
            and _has_checksum(content, offset + _HEADER, end - _FOOTER)
        ):
            return offset
        offset += 1


def _has_checksum(content: mmap.mmap, start: int, end: int) -> bool:
    """Returns whether the checksum of the bytes start … end comes after them."""
    (expected,) = struct.unpack_from("<I", content, end)
    checksum = google_crc32c.value(content[start:end])
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF == expected
