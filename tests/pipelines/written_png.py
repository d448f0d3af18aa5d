"""PNG files of every depth and color type, written by their specification."""

import struct
import zlib

import numpy as np

GRAY, COLOR, PALETTE, GRAY_ALPHA, COLOR_ALPHA = 0, 2, 3, 4, 6


def chunk(kind, content):
    """Returns a chunk with its length and check sum."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(samples, depth, color_type, before=b"", after=b""):
    """Returns a file.

    Args:
        samples: Integers, (height, width[, channels]).
        depth: Bits of a sample.
        color_type: One of the above.
        before: Chunks before the pixels.
        after: Chunks after them.
    """
    height, width = samples.shape[:2]
    bits = samples.reshape(height, -1, 1).astype(int) >> np.arange(depth - 1, -1, -1) & 1
    rows = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = chunk(b"IHDR", header) + before + chunk(b"IDAT", content) + after
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")
