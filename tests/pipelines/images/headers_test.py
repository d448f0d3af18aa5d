import io
import struct

import numpy as np
import pytest
from PIL import Image

from pipelines.images import headers
from pipelines.images.headers import RefusedError

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8))


def encode(image, image_format, **options):
    stream = io.BytesIO()
    image.save(stream, image_format, **options)
    return stream.getvalue()


def refuse(encoded, reason):
    with pytest.raises(RefusedError, match=reason):
        headers.open_image(encoded)


def renamed(tiff, tag, instead):
    """Returns a little-endian TIFF in which a tag has another number."""
    place = tiff.index(struct.pack("<HH", tag, 3))
    return tiff[:place] + struct.pack("<H", instead) + tiff[place + 2 :]


@pytest.mark.parametrize("image_format", headers.FORMATS)
def test_what_pillow_cannot_read_has_the_name_of_its_format(image_format):
    whole = encode(PICTURE, image_format)
    found, image = headers.open_image(whole)
    assert (found, image.size) == (image_format, (9, 6))
    refuse(whole[:16], f"a {image_format} that Pillow cannot read: .+")


def test_other_tiffs_are_refused_with_the_reason():
    gray = encode(PICTURE.convert("L"), "TIFF")
    refuse(renamed(gray, 262, 65_000), "whether 0 is black or white")  # Pillow would invert it.
    ten_bits = encode(PICTURE, "TIFF").replace(struct.pack("<HHH", 8, 8, 8), b"\n\0" * 3)
    refuse(ten_bits, "a TIFF that Pillow cannot read: unknown pixel mode")


def test_planes_of_16_bits_are_refused():
    """Pillow reads the bytes of such samples as samples."""
    values = {
        256: (3, [2]),
        257: (3, [2]),
        258: (3, [16, 16, 16]),
        259: (3, [1]),
        262: (3, [2]),
        273: (4, [8, 16, 24]),
        277: (3, [3]),
        278: (3, [2]),
        279: (4, [8, 8, 8]),
        284: (3, [2]),
    }
    entries, beside = b"", b""
    start_beside = 32 + 2 + 12 * len(values) + 4
    for tag, (kind, numbers) in values.items():
        content = struct.pack(f"<{len(numbers)}{'HI'[kind - 3]}", *numbers)
        if len(content) > 4:
            content, beside = struct.pack("<I", start_beside + len(beside)), beside + content
        entries += struct.pack("<HHI", tag, kind, len(numbers)) + content.ljust(4, b"\0")
    directory = struct.pack("<H", len(values)) + entries + bytes(4)
    encoded = b"II*\0" + struct.pack("<I", 32) + bytes(24) + directory + beside
    refuse(encoded, "16 bits with each channel in a plane")


def test_phones_jpegs_are_checked_like_others():
    """Pillow calls a JPEG with a second picture MPO."""
    flat = Image.new("L", (8000, 8000), 7)
    whole = encode(flat, "MPO", save_all=True, append_images=[flat])
    assert Image.open(io.BytesIO(whole)).format == "MPO"
    start = whole.index(b"\xff\xda") + 10
    cut = whole[:start] + whole[whole.index(b"\xff\xd9") :]
    refuse(cut, "cut off: 8000x8000 pixels need at least")


def test_pixels_outside_the_first_frame_of_a_gif_are_refused():
    whole = bytearray(encode(PICTURE.convert("L"), "GIF"))
    whole[6:10] = struct.pack("<HH", 12, 10)  # the size of the canvas
    refuse(bytes(whole), "its first frame has 9x6 of 12x10 pixels")


def test_sides_that_libpng_does_not_read_are_refused():
    refuse(
        encode(Image.new("1", (1_000_001, 1)), "TIFF"),
        "a side of 1000001 pixels, more than 1000000",
    )
