"""Checks an image file of the user, and returns its bytes for the records.

Pillow defines the pixels, as it reads every mode and refuses broken files. TensorFlow decodes the
records in training. If it yields the same pixels, the records have the original bytes of the file,
unless these cost much more than the pixels. Otherwise they have the pixels as PNG, without loss.
"""

import contextlib
import dataclasses
import hashlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import ExifTags, Image, ImageOps

from pipelines import budget, images, jpeg, webp
from pipelines.errors import summarize_error

# Larger images are refused by their header, before a pixel is decoded. TensorFlow decodes less than
# 2^29 bytes, and so 178 megapixels in color. Pillow has the same limit, and refuses them.
MAX_PIXELS = (2**29 - 1) // 3

# Larger files are refused unread.
MAX_BYTES = 2**28

# Larger images, or files, take more memory than each worker is allowed at any time.
_LARGE_PIXELS = 2**24
_LARGE_BYTES = 2**26

# A scan of few bytes costs a pass over the picture. libjpeg-turbo's own fuzz tests end at as many.
_MOST_SCANS = 500

# A file that costs more than that in each epoch of a training is recorded as PNG. A progressive
# JPEG of a camera or an editor has some 10 scans.
_MAX_SCANS = 32
_MAX_BYTES_PER_PIXEL = 8
_MAX_BYTES_BESIDE = 2**20

_BAND_PIXELS = 2**20

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")

# Pillow and TensorFlow have the same decoders, in versions that round differently.
_TOLERANCE = 2


class RefusedError(Exception):
    """An error for an unusable file; the message is the reason, on one line."""


@dataclasses.dataclass(frozen=True, slots=True)
class CheckedImage:
    """A usable file.

    Attributes:
        name: Path relative to the folder that was searched.
        sha256: Digest of the file, 32 bytes.
        grayscale: Whether it has a single channel.
        keeps_original_bytes: Whether the records have the bytes of the file.
    """

    name: str
    sha256: bytes
    grayscale: bool
    keeps_original_bytes: bool


def check(path: Path, name: str) -> CheckedImage:
    """Reads and decodes a file in full.

    Args:
        path: A regular file.
        name: The name for the result.

    Raises:
        RefusedError: If the file is unusable.
    """
    try:
        encoded = _read(path)
        with _opened(encoded) as image:
            pixels = _pixels(image)
            is_cheap = _is_cheap(image, encoded)
            image.close()  # TensorFlow's pixels take its place in memory.
            keeps_original_bytes = is_cheap and _tensorflow_decodes_to(encoded, pixels)
    except (RefusedError, MemoryError):
        raise
    except OSError as error:
        raise RefusedError(
            error.strerror or f"cannot be decoded: {summarize_error(error)}"
        ) from error
    except Exception as error:  # Hostile bytes cause errors of every type.
        raise RefusedError(f"cannot be decoded: {summarize_error(error)}") from error
    return CheckedImage(
        name=name,
        sha256=hashlib.sha256(encoded).digest(),
        grayscale=pixels.ndim == 2,
        keeps_original_bytes=keeps_original_bytes,
    )


def encoded_for_records(path: Path, image: CheckedImage) -> bytes:
    """Returns the bytes of a checked file for the records.

    Raises:
        RefusedError: If the file has changed since the check.
    """
    try:
        encoded = _read(path)
    except OSError as error:
        raise RefusedError(error.strerror or summarize_error(error)) from error
    if hashlib.sha256(encoded).digest() != image.sha256:
        raise RefusedError("changed while it was being prepared")
    if image.keeps_original_bytes:
        return encoded
    png = io.BytesIO()
    with _opened(encoded) as decoded:
        Image.fromarray(_pixels(decoded)).save(png, "PNG")
    return png.getvalue()


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size == 0:
        raise RefusedError("empty file")
    if size > MAX_BYTES:
        raise RefusedError(f"{size} bytes, more than {MAX_BYTES}")
    return path.read_bytes()


@contextlib.contextmanager
def _opened(encoded: bytes) -> Iterator[Image.Image]:
    """Yields the image, with the memory that it needs."""
    with contextlib.ExitStack() as stack:
        is_large = len(encoded) > _LARGE_BYTES or webp.num_pixels(encoded) > _LARGE_PIXELS
        if is_large:
            stack.enter_context(budget.large())
        image = stack.enter_context(_open(encoded))
        if not is_large and image.width * image.height > _LARGE_PIXELS:
            stack.enter_context(budget.large())
        yield image


def _open(encoded: bytes) -> Image.Image:
    """Reads the header, and refuses other formats and large images."""
    try:
        image = Image.open(io.BytesIO(encoded), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise RefusedError(f"more than {MAX_PIXELS} pixels") from error
    except Image.UnidentifiedImageError as error:
        raise RefusedError("not a JPEG, PNG, GIF, BMP, WebP or TIFF image") from error
    if image.format == "TIFF":
        _check_tiff(image)
    if image.format == "JPEG":
        structure = jpeg.structure(encoded)
        if structure.scan_bytes < structure.least_bytes:
            raise RefusedError(
                f"cut off: {image.width}x{image.height} pixels need at least "
                f"{structure.least_bytes} bytes of scans, found {structure.scan_bytes}"
            )
        if structure.num_scans > _MOST_SCANS:
            raise RefusedError(f"{structure.num_scans} scans, more than {_MOST_SCANS}")
    return image


def _check_tiff(image: Image.Image) -> None:
    """Refuses levels that Pillow would not spread over 0 to 255."""
    tags: Any = getattr(image, "tag_v2", {})
    bits, kinds = set(tags.get(_BITS_PER_SAMPLE, (1,))), set(tags.get(_SAMPLE_FORMAT, (1,)))
    if not bits <= {1, 8, 16} or kinds != {1} or len(bits) > 1:
        kind = {1: "integer", 2: "signed", 3: "floating-point"}.get(min(kinds), "other")
        raise RefusedError(
            f"{kind} levels of {', '.join(map(str, sorted(bits)))} bits; expected integers of 8 or "
            "16 bits without sign"
        )
    if bits == {16} and tags.get(_PHOTOMETRIC) == 0:
        raise RefusedError("16 bits with white at 0; expected black at 0")


_PHOTOMETRIC, _BITS_PER_SAMPLE, _SAMPLE_FORMAT = 262, 258, 339  # tags of TIFF


def _is_cheap(image: Image.Image, encoded: bytes) -> bool:
    """Returns whether training can decode a file again and again."""
    beside = len(encoded) - _MAX_BYTES_PER_PIXEL * image.width * image.height
    if beside > _MAX_BYTES_BESIDE or _is_animated(image):
        return False
    return image.format != "JPEG" or jpeg.structure(encoded).num_scans <= _MAX_SCANS


def _is_animated(image: Image.Image) -> bool:
    """Returns whether TensorFlow would decode all frames to return the first."""
    # From a JPEG with several pictures, both TensorFlow and Pillow read only the first.
    return image.format in ("GIF", "WEBP") and getattr(image, "is_animated", False)


def _pixels(image: Image.Image) -> np.ndarray:
    """Decodes the first frame, upright and over white, to uint8 (height, width[, 3])."""
    image.load()
    plain = _plain(_upright(image))
    shape = (plain.height, plain.width, *([3] if plain.mode == "RGB" else []))
    pixels = np.empty(shape, np.uint8)
    for rows in _bands(plain.height, plain.width):  # Pillow would make a copy of all pixels first.
        pixels[rows] = np.asarray(plain.crop((0, rows.start, plain.width, rows.stop)))
    return pixels


def _bands(height: int, width: int) -> Iterator[slice]:
    """Yields ranges of rows of some megabytes, in order."""
    step = max(1, _BAND_PIXELS // width)
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def _upright(image: Image.Image) -> Image.Image:
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    except MemoryError:
        raise
    except Exception:  # The picture is usable even if its EXIF data are broken.
        return image
    return ImageOps.exif_transpose(image) if turned else image


def _plain(image: Image.Image) -> Image.Image:
    """Converts any mode to L or RGB."""
    if image.mode.startswith("I"):
        # 65535 = 257 * 255. An odd divisor has no halves, so adding its half rounds to the nearest.
        levels = np.asarray(image).clip(0, 65535).astype(np.uint32)
        levels += 128
        levels //= 257
        return Image.fromarray(levels.astype(np.uint8))
    plain = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(
            white, image if image.mode == "RGBA" else image.convert("RGBA")
        )
    return image if image.mode == plain else image.convert(plain)


def initialize() -> None:
    """Prepares this process for many checks: one thread, and the graphs of TensorFlow."""
    warnings.simplefilter("ignore")  # Pillow warns about files that `check` judges.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for mode in ("L", "RGB"):
        picture = Image.new(mode, (8, 8))
        for image_format in _FORMATS:
            encoded = io.BytesIO()
            picture.save(encoded, image_format)
            _tensorflow_decodes_to(encoded.getvalue(), np.asarray(picture))


def _tensorflow_decodes_to(encoded: bytes, pixels: np.ndarray) -> bool:
    """Returns whether `images.decode` yields these pixels, gray ones also in color."""
    expected = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    decode = _decode_color if pixels.ndim == 3 else _decode_gray_and_color
    try:
        return all(_close(decoded.numpy(), expected) for decoded in decode(encoded))
    except tf.errors.OpError:
        return False


# As graphs they need a tenth of the Python code. AutoGraph would leave files behind in workers that
# are ended.
@tf.function(input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
def _decode_color(encoded: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return (images.decode(encoded, 3),)


@tf.function(input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
def _decode_gray_and_color(encoded: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return images.decode(encoded, 1), images.decode(encoded, 3)


def _close(decoded: np.ndarray, expected: np.ndarray) -> bool:
    if decoded.shape[:2] != expected.shape[:2]:
        return False
    # A difference of uint8 wraps around, but the larger minus the smaller does not.
    return all(
        np.max(np.maximum(a, b) - np.minimum(a, b)) <= _TOLERANCE
        for a, b in ((decoded[rows], expected[rows]) for rows in _bands(*expected.shape[:2]))
    )
