"""Reads the segments of a JPEG file.

Source: ITU-T T.81, annex B (markers) and F, G (the least bits of a block).
"""

import re
import sys
from collections.abc import Iterator

# Between the markers of a scan are entropy-coded bytes: 0xFF is followed by 0, or is a restart.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xD9)}
# Segments of applications, and comments.
_NOTES = {*range(0xE0, 0xF0), 0xFE}
# The notes that say what the colors are, as libjpeg knows them by their first and their number of
# bytes, and the notes that have the orientation.
_KEPT = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12), 0xE1: (b"", 0)}
_ARITHMETIC_FRAMES = {0xC9, 0xCA}


def scan_bytes(encoded: bytes) -> int | None:
    """Returns the bytes of all scans of the first picture; None with arithmetic coding.

    Arithmetic coding needs less than a bit for a block, Huffman coding at least one.
    """
    num_bytes = 0
    for marker, _, end in _segments(encoded):
        if marker in _ARITHMETIC_FRAMES:
            return None
        if marker == _START_OF_SCAN:
            num_bytes += _end_of_scan(encoded, end) - end
    return num_bytes


def headers(encoded: bytes) -> Iterator[bytes]:
    """Yields the file, and then the file without notes that libjpeg does not read.

    Pillow stops at a faulty note, although the picture is usable.
    """
    yield encoded
    parts, kept = [], 0
    for marker, start, end in _segments(encoded):
        name, length = _KEPT.get(marker, (b"", sys.maxsize))
        content = encoded[start + 4 : end]
        if marker in _NOTES and not (content.startswith(name) and len(content) >= length):
            parts.append(encoded[kept:start])
            kept = end
    yield b"".join(parts) + encoded[kept:]


def _segments(encoded: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields the marker of each segment of the first picture, and where it starts and ends.

    Like libjpeg, it skips bytes that are between the segments.
    """
    position = 2  # after the start of the image
    while 0 <= (position := encoded.find(b"\xff", position)) <= len(encoded) - 4:
        marker = encoded[position + 1]
        if marker == _END_OF_IMAGE:
            return
        if marker == 0xFF:  # padding
            position += 1
            continue
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        end = position + 2 + int.from_bytes(encoded[position + 2 : position + 4], "big")
        yield marker, position, end
        position = _end_of_scan(encoded, end) if marker == _START_OF_SCAN else end


def _end_of_scan(encoded: bytes, start: int) -> int:
    found = _END_OF_SCAN.search(encoded, start)
    return found.start() if found else len(encoded)
