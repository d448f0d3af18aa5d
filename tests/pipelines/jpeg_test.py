import io

import numpy as np
import pytest
from PIL import Image

from pipelines import jpeg
from tests.pipelines import bombs


def encode(mode, size, **options):
    stream = io.BytesIO()
    Image.new(mode, size, 100 if mode == "L" else (100, 50, 25)).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("mode", "progressive", "num_scans"),
    # libjpeg's own script of progressive scans: jpeg_simple_progression in jcparam.c.
    [("L", False, 1), ("RGB", False, 1), ("L", True, 6), ("RGB", True, 10)],
)
def test_scans_are_counted(mode, progressive, num_scans):
    noise = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(stream, "JPEG", progressive=progressive)
    assert jpeg.structure(stream.getvalue()).num_scans == num_scans
    # Neither a preview among the notes nor what follows the picture belongs to it.
    with_notes = bombs.jpeg_with_exif(1)[:65_532] + stream.getvalue()[2:] + stream.getvalue()
    assert jpeg.structure(with_notes).num_scans == num_scans
    assert jpeg.structure(bombs.progressive_jpeg(64, 40)).num_scans == 40


@pytest.mark.parametrize(("subsampling", "blocks"), [(0, 3), (1, 2), (2, 1.5)])
def test_the_least_bytes_are_a_bit_for_each_block(subsampling, blocks):
    structure = jpeg.structure(encode("RGB", (640, 320), subsampling=subsampling))
    assert structure.least_bytes == 80 * 40 * blocks // 8


@pytest.mark.parametrize("size", [(1, 1), (9, 17), (64, 64), (1000, 7), (1023, 769)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_flattest_pictures_have_more_than_the_least_bytes(size, mode, progressive):
    for subsampling in (0, 1, 2):
        options = {"quality": 1, "optimize": True, "progressive": progressive}
        structure = jpeg.structure(encode(mode, size, subsampling=subsampling, **options))
        assert structure.scan_bytes >= structure.least_bytes


def test_any_bytes_can_be_read():
    encoded = encode("RGB", (40, 30), progressive=True)
    random = np.random.default_rng(0)
    for length in range(0, len(encoded), 7):
        jpeg.structure(encoded[:length])
        damaged = bytearray(encoded)
        damaged[random.integers(2, len(encoded))] = random.integers(256)
        jpeg.structure(bytes(damaged))
    jpeg.structure(b"\xff" * 1000)
