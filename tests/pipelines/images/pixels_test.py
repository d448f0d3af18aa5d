"""Pixels against the specifications of the formats, in NumPy."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from pipelines.images import headers
from pipelines.images import pixels as image_pixels
from pipelines.images.headers import RefusedError
from tests.pipelines import written_png
from tests.pipelines.written_png import chunk

HEIGHT, WIDTH = 12, 20
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
GRAY = COLUMNS / (WIDTH - 1) * 0.6 + ROWS / (HEIGHT - 1) * 0.4
COLOR = np.stack([GRAY, 1 - GRAY, COLUMNS / (WIDTH - 1)], axis=-1)
ALPHA = ROWS / (HEIGHT - 1)


def pixels(encoded):
    return image_pixels.read(*headers.open_image(encoded), encoded).upright()


def over_white(color, alpha):
    """Returns levels from 0 to 255 of colors and alpha from 0 to 1."""
    alpha = alpha[..., np.newaxis] if color.ndim == 3 else alpha
    return 255 * (color * alpha + 1 - alpha)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_level_of_png_is_a_stored_sample(depth):
    highest = 2**depth - 1
    samples = np.round(GRAY * highest).astype(int)
    for level in (0, samples[6, 10], highest):
        transparent = chunk(b"tRNS", struct.pack(">H", level))
        found = pixels(written_png.png(samples, depth, written_png.GRAY, transparent))
        expected = over_white(samples / highest, np.float64(samples != level))
        assert found.shape == (HEIGHT, WIDTH)
        assert np.abs(found - expected).max() <= 0.5


@pytest.mark.parametrize("depth", [8, 16])
def test_a_transparent_color_of_png_is_a_stored_sample(depth):
    highest = 2**depth - 1
    samples = np.round(COLOR * highest).astype(int)
    for color in ((0, 0, 0), tuple(samples[6, 10]), (highest,) * 3):
        samples[:, :4] = color
        samples[:, 4:8] = np.array(color) ^ 1  # Of 16 bits, it has the same high bytes.
        transparent = chunk(b"tRNS", struct.pack(">HHH", *color))
        found = pixels(written_png.png(samples, depth, written_png.COLOR, transparent))
        is_shown = np.float64(np.any(samples != color, axis=-1))
        assert np.abs(found - over_white(samples / highest, is_shown)).max() <= 0.5


@pytest.mark.parametrize("depth", [8, 16])
def test_alpha_of_png_is_over_white(depth):
    highest = 2**depth - 1
    for color, color_type in ((GRAY, written_png.GRAY_ALPHA), (COLOR, written_png.COLOR_ALPHA)):
        samples = np.round(np.dstack([color, ALPHA]) * highest).astype(int)
        found = pixels(written_png.png(samples, depth, color_type))
        assert found.ndim == color.ndim
        assert np.abs(found - over_white(color, ALPHA)).max() <= 1.5  # Pillow rounds twice.


def tiff(array, **tags):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "TIFF", tiffinfo={int(k[1:]): v for k, v in tags.items()})
    return stream.getvalue()


def as_integers(picture, highest, dtype=np.uint16):
    return np.round(picture * highest).astype(dtype)


@pytest.mark.parametrize(
    "encoded",
    [
        tiff(as_integers(GRAY, 4095)),
        tiff(as_integers(GRAY, 255)),
        written_png.png(as_integers(GRAY, 4095), 16, written_png.GRAY),
        written_png.png(as_integers(COLOR, 4095), 16, written_png.COLOR),
        written_png.png(as_integers(COLOR, 255), 16, written_png.COLOR),
        written_png.png(as_integers(GRAY, 3), 16, written_png.GRAY),
    ],
)
def test_few_of_16_bits_are_not_silently_black(encoded):
    with pytest.raises(RefusedError, match="nearly black: its levels of 16 bits are at most"):
        pixels(encoded)


def test_black_and_dark_pictures_of_16_bits_are_read():
    for array, expected in (
        (np.zeros((HEIGHT, WIDTH), np.uint16), 0),
        (np.full((HEIGHT, WIDTH), 16_383, np.uint16), 64),  # 63.7
    ):
        for encoded in (tiff(array), written_png.png(array, 16, written_png.GRAY)):
            np.testing.assert_array_equal(pixels(encoded), np.full(array.shape, expected))
    ink = np.dstack([np.zeros((HEIGHT, WIDTH)), ALPHA])  # black, on nothing
    found = pixels(written_png.png(as_integers(ink, 65_535), 16, written_png.GRAY_ALPHA))
    assert np.abs(found - 255 * (1 - ALPHA)).max() <= 1


def test_tiff_of_premultiplied_gray_is_over_white():
    premultiplied = as_integers(np.dstack([GRAY * ALPHA, ALPHA]), 255, np.uint8)
    stream = io.BytesIO()
    Image.fromarray(premultiplied, "LA").save(stream, "TIFF")
    kinds = [struct.pack("<HHII", 338, 3, 1, kind) for kind in (2, 1)]  # ExtraSamples
    encoded = stream.getvalue().replace(*kinds)
    assert np.abs(pixels(encoded) - over_white(GRAY, ALPHA)).max() <= 2
