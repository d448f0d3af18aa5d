"""Made image files that cost more than they are worth."""

import io
import struct

import numpy as np
from PIL import Image


def _segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def progressive_jpeg(side, num_scans):
    """Returns a gray JPEG of which each scan, of few bytes, is a pass over all blocks.

    The scan of the mean values has one bit for each block. In the others, a code of 15 bits says
    that the next 16384 blocks end.
    """
    num_blocks = (-(-side // 8)) ** 2
    tables = _segment(0xDB, b"\0" + b"\1" * 64)
    tables += _segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + bytes([1, 0x11, 0]))
    one_code = bytes([1] + [0] * 15)
    tables += _segment(0xC4, b"\x00" + one_code + b"\0")
    tables += _segment(0xC4, b"\x10" + one_code + b"\xe0")
    means = _segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes(-(-num_blocks // 8))
    num_codes = -(-num_blocks // 2**14)
    others = _segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + bytes(-(-num_codes * 15 // 8))
    return b"\xff\xd8" + tables + means + others * (num_scans - 1) + b"\xff\xd9"


def jpeg_with_exif(num_segments, side=8):
    """Returns a noisy JPEG behind segments of EXIF data of 64 kB each."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "JPEG")
    encoded = stream.getvalue()
    segment = _segment(0xE1, b"Exif\0\0" + bytes(65_520))
    return encoded[:2] + segment * num_segments + encoded[2:]


def cut_jpeg(side):
    """Returns a JPEG with an end mark instead of its blocks."""
    stream = io.BytesIO()
    Image.new("L", (side, side), 7).save(stream, "JPEG")
    encoded = stream.getvalue()
    return encoded[: encoded.index(b"\xff\xda") + 14] + b"\xff\xd9"
