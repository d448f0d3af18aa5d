"""Reads the markers of a JPEG file, to know its cost before it is decoded.

Source: ITU-T T.81, annex B (markers) and F, G (the least bits of a block).
"""

import dataclasses
import re

# Between the markers of a scan are entropy-coded bytes: 0xFF is followed by 0, or is a restart.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
# Huffman coding; arithmetic coding (0xC9, 0xCA) needs less than a bit for a block.
_HUFFMAN_FRAMES = {0xC0, 0xC1, 0xC2}


@dataclasses.dataclass(frozen=True)
class Structure:
    """The frame and the scans of a JPEG file.

    Attributes:
        num_scans: Passes over the picture: 1 for each group of components, some 10 in a progressive
            file.
        scan_bytes: Bytes of all scans.
        least_bytes: Bytes that complete scans need at least: a bit for each block of 8×8 samples.
    """

    num_scans: int
    scan_bytes: int
    least_bytes: int


def structure(encoded: bytes) -> Structure:
    """Reads the markers of the first picture, up to its end or to what is no marker."""
    num_scans = scan_bytes = least_bytes = 0
    position = 2  # after the start of the image
    while position + 4 <= len(encoded) and encoded[position] == 0xFF:
        marker = encoded[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        if marker == _END_OF_IMAGE:
            break
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        end = position + 2 + int.from_bytes(encoded[position + 2 : position + 4], "big")
        if marker in _HUFFMAN_FRAMES:
            least_bytes = _num_blocks(encoded[position + 4 : end]) // 8
        if marker == _START_OF_SCAN:
            num_scans += 1
            found = _END_OF_SCAN.search(encoded, end)
            start, end = end, found.start() if found else len(encoded)
            scan_bytes += end - start
        position = end
    return Structure(num_scans, scan_bytes, least_bytes)


def _num_blocks(frame: bytes) -> int:
    """Returns the number of blocks of all components, rounded down.

    Args:
        frame: The segment of a frame: precision, height, width, number of components, and 3 bytes
            for each component.
    """
    if len(frame) < 6:
        return 0
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    factors = [divmod(byte, 16) for byte in frame[7::3]]  # horizontal, vertical
    most = max((h for h, _ in factors), default=0) * max((v for _, v in factors), default=0)
    return sum(height * width * h * v // (64 * most) for h, v in factors) if most else 0
