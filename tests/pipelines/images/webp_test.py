import io

import pytest
from PIL import Image

from pipelines.images import webp


@pytest.mark.parametrize("size", [(1, 1), (300, 17), (16383, 1), (5, 16383)])
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        (b"VP8 ", "RGB", {}),
        (b"VP8L", "RGB", {"lossless": True}),
        (b"VP8X", "RGBA", {}),
    ],
)
def test_the_size_is_that_of_the_picture(size, kind, mode, options):
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, "WEBP", **options)
    assert stream.getvalue()[12:16] == kind
    assert webp.num_pixels(stream.getvalue()) == size[0] * size[1]


@pytest.mark.parametrize("encoded", [b"", b"text", b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF" + bytes(99)])
def test_other_bytes_have_none(encoded):
    assert webp.num_pixels(encoded) == 0
