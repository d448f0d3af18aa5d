import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.images import png
from tests.pipelines import written_png
from tests.pipelines.written_png import chunk

SAMPLES = np.random.default_rng(0).integers(0, 256, (6, 9, 3))


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_levels_are_stored_samples(depth):
    highest = 2**depth - 1
    samples = np.random.default_rng(0).integers(0, highest + 1, (6, 9))
    levels = png.levels(written_png.png(samples, depth, written_png.GRAY), channels=1)
    assert levels.dtype == (np.uint16 if depth == 16 else np.uint8)
    # Chapter 13.12: fewer than 8 bits are spread over 0 to 255.
    expected = samples * (255 // highest) if depth < 8 else samples
    np.testing.assert_array_equal(levels[..., 0], expected)


def test_a_file_without_its_end_is_whole_but_not_without_its_pixels():
    whole = written_png.png(SAMPLES, 8, written_png.COLOR, after=chunk(b"tEXt", b"a\0" + b"b" * 99))
    for length in range(len(whole) - 12 - 99, len(whole)):
        np.testing.assert_array_equal(png.levels(whole[:length], channels=3), SAMPLES)
    for length in range(30, whole.index(b"tEXt") - 4):
        with pytest.raises(tf.errors.OpError):
            png.levels(whole[:length], channels=3)


def turned(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif.tobytes()


@pytest.mark.parametrize(
    "note",
    [
        chunk(b"eXIf", turned(6)[6:]),
        chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"></x>'),
        chunk(
            b"zTXt",
            b"Raw profile type exif\0\0"
            + zlib.compress(b"\nexif\n%8d\n" % len(turned(6)) + turned(6).hex().encode()),
        ),
    ],
)
def test_the_orientation_is_in_the_header_wherever_it_stands(note):
    for place in ("before", "after"):
        first, second = png.headers(written_png.png(SAMPLES, 8, written_png.COLOR, **{place: note}))
        assert Image.Image.getexif(Image.open(io.BytesIO(first)))[0x0112] == 6
        assert not Image.Image.getexif(Image.open(io.BytesIO(second)))


@pytest.mark.parametrize(
    "note",
    [
        chunk(b"acTL", b"\0"),
        chunk(b"fcTL", b"\0\0\0"),
        chunk(b"gAMA", b"\0"),
        chunk(b"cHRM", b"\1\2"),
        chunk(b"pHYs", b"\0"),
        chunk(b"sRGB", b""),
        chunk(b"iCCP", b"p\0\7x"),
        chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(1_500_000))),
        chunk(b"zTXt", b"w\0\7x"),
        chunk(b"zTXt", b"w\0\0" + zlib.compress(b"node " * 250_000)),
        chunk(b"iTXt", b"w\0\1\0\0\0" + zlib.compress(b"node " * 250_000)),
        chunk(b"tEXt", b"w\0wrong check sum")[:-4] + struct.pack(">I", 0),
    ],
)
def test_notes_are_not_read(note):
    for place in ("before", "after"):
        encoded = written_png.png(SAMPLES, 8, written_png.COLOR, **{place: note})
        header = next(png.headers(encoded))
        image = Image.open(io.BytesIO(header))
        assert (image.size, image.mode, image.info) == ((9, 6), "RGB", {})
        np.testing.assert_array_equal(png.levels(encoded, channels=3), SAMPLES)
