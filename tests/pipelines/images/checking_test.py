import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipelines.images import checking, transforms
from tests.pipelines import bombs

HEIGHT, WIDTH = 24, 40


def photo(channels=3, seed=0):
    """Returns smooth uint8 pixels, (24, 40[, 3])."""
    generator = np.random.default_rng(seed)
    small = Image.fromarray(generator.integers(0, 256, (4, 6, 3), dtype=np.uint8))
    pixels = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    return pixels if channels == 3 else pixels[..., 0]


def write(path, image, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(path, **options)
    return path


def recorded(path, channels=3):
    """Returns the check of a file, and its pixels as training decodes them."""
    checked = checking.check(path, path.name)
    return checked, transforms.decode(checking.encoded_for_records(path, checked), channels).numpy()


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.jpg", {}), ("a.png", {}), ("a.bmp", {}), ("a.gif", {}), ("a.webp", {"quality": 80})],
)
def test_files_that_tensorflow_reads_keep_their_bytes(tmp_path, name, options):
    path = write(tmp_path / name, photo(), **options)
    checked, pixels = recorded(path)
    assert checked.keeps_original_bytes and not checked.grayscale
    assert checking.encoded_for_records(path, checked) == path.read_bytes()
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_is_recorded_as_png(tmp_path, compression):
    for channels in (1, 3):
        path = write(tmp_path / "a.tiff", photo(channels), compression=compression)
        checked, pixels = recorded(path, channels)
        assert not checked.keeps_original_bytes  # TensorFlow does not read them.
        assert checked.grayscale == (channels == 1)
        np.testing.assert_array_equal(pixels.squeeze(), photo(channels))


def test_other_tiffs(tmp_path):
    pages = [Image.fromarray(photo(seed=seed)) for seed in (0, 1)]
    path = write(tmp_path / "pages.tif", pages[0], save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(recorded(path)[1], photo(seed=0))
    levels = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    _, pixels = recorded(write(tmp_path / "16_bits.tif", levels), channels=1)
    np.testing.assert_array_equal(pixels[..., 0], np.round(levels / 257))
    path = write(tmp_path / "float.tif", photo(1).astype(np.float32) / 255)
    with pytest.raises(checking.RefusedError, match="floating-point levels of 32 bits"):
        checking.check(path, path.name)
    for dtype in (np.int16, np.int32):
        path = write(tmp_path / "signed.tif", photo(1).astype(dtype), tiffinfo={339: 2})
        with pytest.raises(checking.RefusedError, match="signed levels"):
            checking.check(path, path.name)
    whole = write(tmp_path / "whole.tif", photo(), compression="tiff_lzw").read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(checking.RefusedError):
        checking.check(tmp_path / "cut.tif", "cut.tif")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp"])
def test_grayscale_is_read_as_gray_and_as_color(tmp_path, name):
    path = write(tmp_path / name, photo(channels=1))
    expected = np.asarray(Image.open(path).convert("L"))
    checked, gray = recorded(path, channels=1)
    assert checked.grayscale
    np.testing.assert_array_equal(gray[..., 0], expected)
    np.testing.assert_array_equal(recorded(path, channels=3)[1], np.stack([expected] * 3, -1))


def test_transparency_lies_over_white(tmp_path):
    alpha = np.linspace(0, 255, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1).round()
    rgba = np.concatenate([photo(), alpha.astype(np.uint8)], axis=-1)
    over_white = photo() * (alpha / 255) + 255 * (1 - alpha / 255)
    for name, options in (("a.png", {}), ("a.webp", {"lossless": True, "exact": True})):
        checked, pixels = recorded(write(tmp_path / name, rgba, **options))
        assert not checked.keeps_original_bytes
        assert np.abs(pixels - over_white).max() <= 1  # Pillow composites in 8 bits.
    gray_alpha = Image.fromarray(rgba).convert("LA")
    checked, pixels = recorded(write(tmp_path / "gray.png", gray_alpha), channels=1)
    assert checked.grayscale and pixels[0, 0, 0] == 255


def test_a_transparent_palette_lies_over_white(tmp_path):
    image = Image.new("P", (WIDTH, HEIGHT), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(1, (0, 0, WIDTH // 2, HEIGHT))
    for name in ("a.png", "a.gif"):
        _, pixels = recorded(write(tmp_path / name, image, transparency=0))
        np.testing.assert_array_equal(pixels[0, 0], [200, 100, 50])
        np.testing.assert_array_equal(pixels[0, -1], [255, 255, 255])


def test_palettes_have_their_colors(tmp_path):
    image = Image.fromarray(photo()).quantize(16)
    expected = np.asarray(image.convert("RGB"))
    for name in ("a.png", "a.bmp", "a.gif"):
        np.testing.assert_array_equal(recorded(write(tmp_path / name, image))[1], expected)


def test_one_bit_is_black_and_white(tmp_path):
    image = Image.fromarray(photo()).convert("1")
    for name in ("a.png", "a.bmp"):
        checked, pixels = recorded(write(tmp_path / name, image), channels=1)
        assert checked.grayscale
        np.testing.assert_array_equal(pixels[..., 0], np.asarray(image) * 255)


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    levels = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    _, pixels = recorded(write(tmp_path / "a.png", levels), channels=1)
    # The high byte (TensorFlow) or the nearest level (Pillow): at most one level of difference.
    assert np.abs(pixels[..., 0] - levels / 257).max() <= 1


def test_cmyk_has_the_colors_that_pillow_shows(tmp_path):
    path = write(tmp_path / "a.jpg", Image.fromarray(photo()).convert("CMYK"))
    expected = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert np.abs(recorded(path)[1] - expected).max() <= 2


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_orientation_that_turns_nothing_keeps_the_file(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert recorded(write(tmp_path / "a.jpg", photo(), exif=exif))[0].keeps_original_bytes


def test_black_palettes_are_read(tmp_path):
    """A palette of TIFF has 16 bits, and a mask may be black."""
    black = Image.new("P", (WIDTH, HEIGHT), 0)
    black.putpalette([0, 0, 0])
    assert not recorded(write(tmp_path / "a.tif", black))[1].any()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_rotation_is_undone(tmp_path, orientation):
    # The stored pixels of the upright image for each value of the tag.
    stored = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }[orientation](photo())
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.png", "a.jpg"):
        path = write(tmp_path / name, np.ascontiguousarray(stored), exif=exif, quality=100)
        checked, pixels = recorded(path)
        assert not checked.keeps_original_bytes
        tolerance = 0 if name == "a.png" else 24  # for JPEG with subsampled color
        assert np.abs(pixels.astype(int) - photo()).max() <= tolerance


def test_of_an_animation_the_first_frame_is_recorded_alone(tmp_path):
    frames = [Image.fromarray(photo(seed=seed)) for seed in range(3)]
    for name in ("a.gif", "a.webp"):
        path = write(tmp_path / name, frames[0], save_all=True, append_images=frames[1:])
        checked, pixels = recorded(path)
        assert not checked.keeps_original_bytes
        np.testing.assert_array_equal(pixels, np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_notes_beside_a_good_picture_do_no_harm(tmp_path):
    path = write(tmp_path / "a.jpg", photo(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff\x12\x01")
    np.testing.assert_array_equal(recorded(path)[1], np.asarray(Image.open(path).convert("RGB")))


def png(width, height, data, before=b""):
    """Returns an RGB PNG file with this size in its header."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def encoded(image_format):
    stream = io.BytesIO()
    Image.fromarray(photo()).save(stream, image_format)
    return stream.getvalue()


def test_what_pillow_and_tensorflow_read_differently_is_refused(tmp_path):
    """Without the mark of Adobe, it is unknown whether the four inks are inverted."""
    path = write(tmp_path / "a.jpg", Image.new("CMYK", (WIDTH, HEIGHT), (255, 0, 0, 0)))
    whole = path.read_bytes()
    start = whole.index(b"\xff\xee")
    path.write_bytes(whole[:start] + whole[start + 16 :])
    reason = r"differently: \[0, 255, 255\] and \[0, 0, 0\] at row 0, column 0"
    with pytest.raises(checking.RefusedError, match=reason):
        checking.check(path, path.name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"no image at all", "not a JPEG, PNG, GIF, BMP, WebP or TIFF image"),
        (np.random.default_rng(0).bytes(3000), "not a JPEG, PNG, GIF, BMP, WebP or TIFF image"),
        (encoded("PCX"), "not a JPEG, PNG, GIF, BMP, WebP or TIFF image"),
        *(
            (encoded(name)[: len(encoded(name)) // 2], None)
            for name in ("JPEG", "PNG", "GIF", "BMP", "WEBP")
        ),
        (png(13378, 13378, b""), "more than 178956970 pixels"),
        (png(200_000, 200_000, b""), "more than 178956970 pixels"),
        (png(13377, 13377, b""), "cannot be decoded"),
        (png(0, 5, b""), None),
    ],
)
def test_unusable_files_are_refused(tmp_path, content, reason, recwarn):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(checking.RefusedError, match=reason) as caught:
        checking.check(path, "a.jpg")
    assert str(caught.value) and "\n" not in str(caught.value)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(2**40)  # Reading this empty terabyte would end the test.
    with pytest.raises(checking.RefusedError, match=f"{2**40} bytes, more than {2**28}"):
        checking.check(path, "a.jpg")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(checking.RefusedError, match="No such file"):
        checking.check(tmp_path / "a.jpg", "a.jpg")


def test_a_file_that_changed_since_it_was_checked_is_refused(tmp_path):
    path = write(tmp_path / "a.png", photo())
    checked = checking.check(path, "a.png")
    write(path, photo(seed=1))
    with pytest.raises(checking.RefusedError, match="changed"):
        checking.encoded_for_records(path, checked)
    path.unlink()
    with pytest.raises(checking.RefusedError, match="No such file"):
        checking.encoded_for_records(path, checked)


def test_a_jpeg_without_its_blocks_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_bytes(bombs.cut_jpeg(8000))
    with pytest.raises(checking.RefusedError, match="cut off: 8000x8000 pixels need at least"):
        checking.check(tmp_path / "a.jpg", "a.jpg")


def test_files_with_many_bytes_beside_the_picture_are_recorded_as_png(tmp_path):
    for number, keeps in ((15, True), (17, False)):  # 1 MB is the most that training reads.
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(bombs.jpeg_with_exif(number))
        checked, pixels = recorded(path)
        assert checked.keeps_original_bytes == keeps
        np.testing.assert_array_equal(pixels, np.asarray(Image.open(path).convert("RGB")))
