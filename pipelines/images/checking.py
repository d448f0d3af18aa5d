"""Checks an image file of the user, and returns its bytes for the records.

The pixels are those that libpng reads from a PNG and Pillow from other files. TensorFlow decodes
the records in training. If it yields the same pixels, the records have the original bytes of the
file, unless these cost much more than the pixels. Otherwise they have the pixels as PNG, without
loss.

If Pillow and TensorFlow disagree on a JPEG, GIF or WebP, of which both read all kinds, the file is
refused. A BMP is what Pillow reads, as its specification says: TensorFlow ignores palettes.
"""

import dataclasses
import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from ivaae_tf.program.errors import summarize_error
from pipelines.images import headers, pixels, transforms
from pipelines.images.pixels import Picture
from pipelines.workers.worker import RefusedError

# Larger files are refused unread.
MAX_BYTES = 2**28

# A file of more bytes, which are read in each epoch of a training, is recorded as PNG.
_MAX_BYTES_PER_PIXEL = 8
_MAX_BYTES_BESIDE = 2**20

# Pillow and TensorFlow have the same decoders, in versions that round differently.
_TOLERANCE = 2

_BOTH_READ = ("JPEG", "GIF", "WEBP")


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
        image_format, image = headers.open_image(encoded)
        is_comparable = _is_comparable(image_format, image)
        is_cheap = _is_cheap(image, encoded)
        picture = pixels.read(image_format, image, encoded)
        image.close()  # TensorFlow's pixels replace it in memory.
        could_keep = is_cheap and picture.is_as_stored
        is_compared = is_comparable and (could_keep or image_format in _BOTH_READ)
        agrees = is_compared and _tensorflow_agrees(image_format, encoded, picture)
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
        grayscale=picture.pixels.ndim == 2,
        keeps_original_bytes=could_keep and agrees,
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
    record = io.BytesIO()
    picture = pixels.read(*headers.open_image(encoded), encoded)
    Image.fromarray(picture.upright()).save(record, "PNG")
    return record.getvalue()


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size == 0:
        raise RefusedError("empty file")
    if size > MAX_BYTES:
        raise RefusedError(f"{size} bytes, more than {MAX_BYTES}")
    return path.read_bytes()


def _is_comparable(image_format: str, image: Image.Image) -> bool:
    """Returns whether TensorFlow yields the first frame of an unread image, at a cost of one."""
    if image_format == "TIFF":
        return False
    # Of an animation, TensorFlow would decode all frames to return the first. Of a GIF, it returns
    # what the frame covers.
    is_animated = image_format in ("GIF", "WEBP") and getattr(image, "is_animated", False)
    return not is_animated and (image_format != "GIF" or headers.covers_canvas(image))


def _is_cheap(image: Image.Image, encoded: bytes) -> bool:
    """Returns whether a file has not many more bytes than its pixels."""
    beside = len(encoded) - _MAX_BYTES_PER_PIXEL * image.width * image.height
    return beside <= _MAX_BYTES_BESIDE


def initialize() -> None:
    """Prepares this process for many checks: one thread, and the graphs of TensorFlow."""
    warnings.simplefilter("ignore")  # Pillow warns about files that `check` accepts or refuses.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for mode in ("L", "RGB"):
        picture = Image.new(mode, (8, 8))
        for image_format in headers.FORMATS:
            encoded = io.BytesIO()
            picture.save(encoded, image_format)
            _tensorflow_agrees(image_format, encoded.getvalue(), Picture(np.asarray(picture)))


def _tensorflow_agrees(image_format: str, encoded: bytes, picture: Picture) -> bool:
    """Returns whether `images.decode` yields a picture's opaque pixels, gray ones also in color.

    Raises:
        RefusedError: If it does not, and its reading is as good as Pillow's.
    """
    decode = _decode_color if picture.pixels.ndim == 3 else _decode_gray_and_color
    try:
        differences = [_difference(picture, decoded.numpy()) for decoded in decode(encoded)]
    except tf.errors.OpError:
        return False
    difference = next(filter(None, differences), None)
    if difference and image_format in _BOTH_READ:
        raise RefusedError(f"Pillow and TensorFlow read it differently: {difference}")
    return not difference


# As graphs they need a tenth of the Python code. AutoGraph would leave files behind in workers that
# are ended.
@tf.function(input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
def _decode_color(encoded: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return (transforms.decode(encoded, 3),)


@tf.function(input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
def _decode_gray_and_color(encoded: tf.Tensor) -> tuple[tf.Tensor, ...]:
    return transforms.decode(encoded, 1), transforms.decode(encoded, 3)


def _difference(picture: Picture, decoded: np.ndarray) -> str | None:
    """Returns both readings where they first differ by more than rounding, None if they do not."""
    expected = picture.pixels
    if decoded.shape[:2] != expected.shape[:2]:
        sizes = (f"{width}x{height}" for height, width, *_ in (expected.shape, decoded.shape))
        return " and ".join(sizes) + " pixels"
    for rows in pixels.bands(*expected.shape[:2]):
        a, b = np.atleast_3d(expected[rows]), decoded[rows]
        # A difference of uint8 wraps around, but the larger minus the smaller does not.
        differs = np.max(np.maximum(a, b) - np.minimum(a, b), axis=-1) > _TOLERANCE
        if picture.is_opaque is not None:
            differs &= picture.is_opaque[rows]
        if differs.any():
            row, column = np.argwhere(differs)[0].tolist()
            levels = " and ".join(str(each[row, column].tolist()) for each in (a, b))
            return f"{levels} at row {rows.start + row}, column {column}"
    return None
