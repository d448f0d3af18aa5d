"""Reads the size of a WebP picture, for which a decoder takes memory when it opens the file.

Source: RFC 9649, sections 2.5 to 2.7.
"""


def num_pixels(encoded: bytes) -> int:
    """Returns the number of pixels of the canvas, or 0 if the file is not WebP."""
    if encoded[:4] != b"RIFF" or encoded[8:12] != b"WEBP" or len(encoded) < 30:
        return 0
    kind, data = encoded[12:16], encoded[20:30]
    if kind == b"VP8X":
        return (1 + _number(data[4:7])) * (1 + _number(data[7:10]))
    if kind == b"VP8 ":
        return (_number(data[6:8]) & 0x3FFF) * (_number(data[8:10]) & 0x3FFF)
    if kind == b"VP8L":
        bits = _number(data[1:5])
        return (1 + (bits & 0x3FFF)) * (1 + (bits >> 14 & 0x3FFF))
    return 0


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
