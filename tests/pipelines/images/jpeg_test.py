import io

import numpy as np
import pytest
from PIL import Image

from pipelines.images import jpeg
from tests.pipelines import bombs


def encode(mode, size, **options):
    stream = io.BytesIO()
    Image.new(mode, size, 100 if mode == "L" else (100, 50, 25)).save(stream, "JPEG", **options)
    return stream.getvalue()


def test_neither_notes_nor_a_second_picture_are_scans():
    encoded = encode("RGB", (640, 320), progressive=True)
    expected = jpeg.scan_bytes(encoded)
    assert len(encoded) - 1000 < expected < len(encoded)
    # A preview among the notes, and what follows the picture.
    with_notes = bombs.jpeg_with_exif(1)[:65_532] + encoded[2:] + encoded
    assert jpeg.scan_bytes(with_notes) == expected


def test_arithmetic_coding_has_no_least_bytes():
    encoded = encode("L", (640, 320))
    assert jpeg.scan_bytes(encoded.replace(b"\xff\xc0", b"\xff\xc9")) is None


@pytest.mark.parametrize("size", [(1, 1), (9, 17), (64, 64), (1000, 7), (1023, 769)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_flattest_pictures_have_a_bit_for_each_block(size, mode, progressive):
    for subsampling in (0, 1, 2):
        options = {"quality": 1, "optimize": True, "progressive": progressive}
        encoded = encode(mode, size, subsampling=subsampling, **options)
        assert jpeg.scan_bytes(encoded) >= size[0] * size[1] // 64 // 8


def test_bytes_between_segments_are_skipped():
    encoded = encode("RGB", (640, 320), progressive=True)
    for place in (encoded.index(b"\xff\xc2"), encoded.index(b"\xff\xda")):
        for junk in (b"\x01", b"\xff\x00", b"\0\0\0\0", b"\xff\xff"):
            with_junk = encoded[:place] + junk + encoded[place:]
            assert jpeg.scan_bytes(with_junk) == jpeg.scan_bytes(encoded)


@pytest.mark.parametrize(
    "note",
    [b"\xe0\0\x06JFIF", b"\xe0\0\x07JFIF\0", b"\xe2\0\x0eICC_PROFILE\0", b"\xee\0\x07Adobe"],
)
def test_faulty_notes_are_left_out(note):
    exif = Image.Exif()
    exif[0x0112] = 6
    encoded = encode("RGB", (40, 30), exif=exif)
    with_note = encoded[:2] + b"\xff" + note + encoded[2:]
    with pytest.raises(Image.UnidentifiedImageError):
        Image.open(io.BytesIO(with_note))
    first, second = jpeg.headers(with_note)
    assert first == with_note
    image = Image.open(io.BytesIO(second))
    assert image.getexif()[0x0112] == 6
    np.testing.assert_array_equal(image, Image.open(io.BytesIO(encoded)))
    # libjpeg asks the marks of JFIF and Adobe whether the colors are YCbCr.
    inks = io.BytesIO()
    Image.new("CMYK", (40, 30), (1, 2, 3, 4)).save(inks, "JPEG")
    *_, second = jpeg.headers(inks.getvalue())
    assert b"Adobe" in second


def test_any_bytes_can_be_read():
    encoded = encode("RGB", (40, 30), progressive=True)
    random = np.random.default_rng(0)
    for length in range(0, len(encoded), 7):
        jpeg.scan_bytes(encoded[:length])
        damaged = bytearray(encoded)
        damaged[random.integers(2, len(encoded))] = random.integers(256)
        jpeg.scan_bytes(bytes(damaged))
    jpeg.scan_bytes(b"\xff" * 1000)
