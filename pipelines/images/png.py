"""Reads the chunks of a PNG file, and its pixels as libpng reads them.

libpng is the reference of the format, and is what TensorFlow decodes the records with. Pillow
compares the transparent level of some files at another depth than theirs, and refuses good pictures
for the notes beside them.

Source: ISO/IEC 15948, chapters 5 (chunks), 9 and 13 (levels) and 11.3.1 (transparency).
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_END = b"\0\0\0\0IEND\xaeB`\x82"

# All that Pillow reads an orientation from.
_ORIENTATION = (
    b"eXIf",
    b"tEXtRaw profile type exif\0",
    b"zTXtRaw profile type exif\0",
    b"iTXtXML:com.adobe.xmp\0",
)


def headers(encoded: bytes) -> Iterator[bytes]:
    """Yields the file without pixels, first with the notes that have an orientation, then without.

    Pillow stops at a damaged note, although the picture is usable.
    """
    chunks = [chunk for chunk in _chunks(encoded) if chunk[4:8] != b"IDAT"]
    picture = [chunk for chunk in chunks if _is_of_picture(chunk)]
    notes = [chunk for chunk in chunks if chunk[4:].startswith(_ORIENTATION)]
    # An empty chunk of pixels, at which Pillow's reading of the header ends.
    for parts in ([*picture, *notes], picture):
        yield SIGNATURE + b"".join(parts) + b"\0\0\0\0IDAT\x35\xaf\x06\x1e" + _END


def has_16_bits(encoded: bytes) -> bool:
    """Returns whether a sample has 16 bits."""
    return encoded[24:25] == b"\x10"


def is_gray(encoded: bytes) -> bool:
    """Returns whether the only channel, except alpha, is gray."""
    return encoded[25:26] in (b"\0", b"\4")


def levels(encoded: bytes, channels: int) -> np.ndarray:
    """Returns the levels as they are stored.

    Args:
        encoded: The file. Chunks that are not of the picture are ignored.
        channels: 1 (gray), 3 (red, green, blue), or 4 with alpha.

    Returns:
        uint8 from 0 to 255 or uint16 from 0 to 65535, (height, width, channels).

    Raises:
        tf.errors.OpError: If a part is missing or damaged.
    """
    picture = b"".join(chunk for chunk in _chunks(encoded) if _is_of_picture(chunk))
    dtype = tf.uint16 if has_16_bits(encoded) else tf.uint8
    # Its method `numpy` would make a copy.
    return np.asarray(tf.io.decode_png(SIGNATURE + picture + _END, channels, dtype))


def _chunks(encoded: bytes) -> Iterator[bytes]:
    """Yields the chunks before the end, with their lengths and check sums."""
    start = len(SIGNATURE)
    while start + 12 <= len(encoded) and encoded[start + 4 : start + 8] != b"IEND":
        end = start + 12 + int.from_bytes(encoded[start : start + 4], "big")
        yield encoded[start:end]
        start = end


def _is_of_picture(chunk: bytes) -> bool:
    """Returns whether a decoder must know a chunk, or it describes transparency."""
    return chunk[4:5].isupper() or chunk[4:8] == b"tRNS"
