"""Opens an image file of the user by its header, and refuses what is not read."""

import io
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageFile

from ivaae_tf.program.errors import summarize_error
from pipelines.images import jpeg, png
from pipelines.workers.worker import RefusedError

# Larger images are refused by their header, before a pixel is decoded. TensorFlow decodes less than
# 2^29 bytes, and so 178 megapixels in color. Pillow has the same limit, and refuses them.
MAX_PIXELS = (2**29 - 1) // 3

# libpng reads no longer sides, and most pictures are recorded as PNG.
_MAX_SIDE = 10**6

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")

_FIRST_BYTES = {
    b"\xff\xd8\xff": "JPEG",
    png.SIGNATURE: "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # of 64 bits
    b"MM\0+": "TIFF",
}

# Tags of TIFF.
_BITS_PER_SAMPLE, _PHOTOMETRIC, _PLANES, _PALETTE, _SAMPLE_FORMAT = 258, 262, 284, 320, 339


def open_image(encoded: bytes) -> tuple[str, Image.Image]:
    """Returns the format and the image of a file, without its pixels.

    Args:
        encoded: The file.

    Returns:
        One of `FORMATS`, and the image. Pillow cannot load the pixels of a PNG; `png` reads them.

    Raises:
        RefusedError: If it has no such format, is damaged or is too large.
    """
    image_format = _format(encoded)
    image = _open(image_format, encoded)
    if check := _CHECKS.get(image_format):
        check(image, encoded)
    return image_format, image


def has_16_bits(image_format: str, image: Image.Image, encoded: bytes) -> bool:
    """Returns whether the levels, or the colors of the palette, have 16 bits."""
    tags: Any = getattr(image, "tag_v2", {})
    if image_format == "TIFF":
        return _PALETTE in tags or 16 in tags.get(_BITS_PER_SAMPLE, ())
    return image_format == "PNG" and png.has_16_bits(encoded)


def _gif_frame(image: Image.Image) -> tuple[int, int, int, int]:
    """Returns the place of the first frame of an unread GIF: left, top, right and bottom."""
    assert isinstance(image, ImageFile.ImageFile)
    return image.tile[0][1] or (0, 0, *image.size)


def covers_canvas(image: Image.Image) -> bool:
    """Returns whether the first frame of an unread GIF has all pixels."""
    return _gif_frame(image) == (0, 0, *image.size)


def _format(encoded: bytes) -> str:
    for first_bytes, image_format in _FIRST_BYTES.items():
        if encoded.startswith(first_bytes):
            return image_format
    if encoded[:4] == b"RIFF" and encoded[8:12] == b"WEBP":
        return "WEBP"
    raise RefusedError("not a JPEG, PNG, GIF, BMP, WebP or TIFF image")


def _open(image_format: str, encoded: bytes) -> Image.Image:
    headers = {"JPEG": jpeg.headers, "PNG": png.headers}.get(image_format, _whole)
    reasons = []
    for header in headers(encoded):
        try:
            image = Image.open(io.BytesIO(header), formats=[image_format])
        except MemoryError:
            raise
        except Image.DecompressionBombError as error:
            raise RefusedError(f"more than {MAX_PIXELS} pixels") from error
        except Exception:  # Hostile bytes cause errors of every type.
            reasons.append(_reason(image_format, header))
            continue
        if max(image.size) > _MAX_SIDE:
            raise RefusedError(f"a side of {max(image.size)} pixels, more than {_MAX_SIDE}")
        return image
    raise RefusedError(f"a {image_format} that Pillow cannot read: {reasons[0]}")


def _whole(encoded: bytes) -> Iterator[bytes]:
    yield encoded


def _reason(image_format: str, header: bytes) -> str:
    """Returns what Pillow finds wrong, which `Image.open` leaves out."""
    factory, _ = Image.OPEN[image_format]
    try:
        factory(io.BytesIO(header), "")
    except Exception as error:
        return summarize_error(error)
    return "unknown reason"


def _check_jpeg(image: Image.Image, encoded: bytes) -> None:
    """Refuses a file whose blocks are missing, which decoders fill with gray."""
    least, found = image.width * image.height // 512, jpeg.scan_bytes(encoded)
    if found is not None and found < least:  # A bit for each 8×8 pixels.
        raise RefusedError(
            f"cut off: {image.width}x{image.height} pixels need at least {least} bytes of scans, "
            f"found {found}"
        )


def _check_gif(image: Image.Image, encoded: bytes) -> None:
    """Refuses pixels that no frame has: a background to Pillow, black to TensorFlow."""
    del encoded
    if not covers_canvas(image) and "transparency" not in image.info:
        left, top, right, bottom = _gif_frame(image)
        raise RefusedError(
            f"its first frame has {right - left}x{bottom - top} of {image.width}x{image.height} "
            "pixels; Pillow reads the other pixels as a palette color, TensorFlow as black"
        )


def _check_tiff(image: Image.Image, encoded: bytes) -> None:
    """Refuses levels that Pillow does not spread over 0 to 255, or reads from wrong places."""
    del encoded
    tags: Any = getattr(image, "tag_v2", {})
    bits, kinds = set(tags.get(_BITS_PER_SAMPLE, (1,))), set(tags.get(_SAMPLE_FORMAT, (1,)))
    if not bits <= {1, 8, 16} or kinds != {1} or len(bits) > 1:
        kind = {1: "integer", 2: "signed", 3: "floating-point"}.get(min(kinds), "other")
        raise RefusedError(
            f"{kind} levels of {', '.join(map(str, sorted(bits)))} bits; expected integers of 8 or "
            "16 bits without sign"
        )
    if _PHOTOMETRIC not in tags:
        raise RefusedError("does not say whether 0 is black or white (PhotometricInterpretation)")
    if bits == {16} and tags[_PHOTOMETRIC] == 0:
        raise RefusedError("16 bits with white at 0; expected black at 0")
    if bits == {16} and tags.get(_PLANES) == 2 and len(image.getbands()) > 1:
        raise RefusedError("16 bits with each channel in a plane; expected channels side by side")


_CHECKS = {"JPEG": _check_jpeg, "GIF": _check_gif, "TIFF": _check_tiff}
