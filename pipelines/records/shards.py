"""Finds the first corrupt record in a file of the TFRecord format.

A record is its length (8 bytes), the checksum of the length (4), the data, and the checksum of the
data (4). The checksum is CRC-32C, rotated and shifted:
https://www.tensorflow.org/tutorials/load_data/tfrecord
"""

import mmap
import struct
from pathlib import Path

import google_crc32c

_HEADER = 12  # bytes before the data
_FOOTER = 4


def find_corrupt(shard: Path, num_records: int) -> str | None:
    """Reads a shard through and compares all checksums.

    Args:
        shard: The file.
        num_records: The number of records that it should have.

    Returns:
        The first byte of the first corrupt record and what is wrong with it, or None.
    """
    size = shard.stat().st_size
    offset = found = 0
    with shard.open("rb") as file:
        if size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                while offset < size:
                    problem, end = _read(content, offset)
                    if problem:
                        return f"byte {offset}: {problem}"
                    offset, found = end, found + 1
    if found != num_records:
        return f"byte {size}: it ends after {found} of {num_records} records"
    return None


def _read(content: mmap.mmap, offset: int) -> tuple[str, int]:
    """Returns what is wrong with the record at `offset`, or "", and its end."""
    ends_inside = "the file ends inside of the record", offset
    if offset + _HEADER > len(content):
        return ends_inside
    if not _has_checksum(content, offset, offset + 8):
        return "the checksum of the record's length is wrong", offset
    (length,) = struct.unpack_from("<Q", content, offset)
    end = offset + _HEADER + length + _FOOTER
    if end > len(content):
        return ends_inside
    if not _has_checksum(content, offset + _HEADER, end - _FOOTER):
        return "the checksum of the record's data is wrong", offset
    return "", end


def _has_checksum(content: mmap.mmap, start: int, end: int) -> bool:
    """Returns whether the checksum of the bytes start … end comes after them."""
    (expected,) = struct.unpack_from("<I", content, end)
    checksum = google_crc32c.value(content[start:end])
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF == expected
