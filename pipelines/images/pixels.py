"""The pixels of an opened image file: of the first frame, upright and over white, of 8 bits."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from PIL import ExifTags, Image

from ivaae_tf.program.errors import summarize_error
from pipelines.images import headers, png
from pipelines.workers.worker import RefusedError

_BAND_PIXELS = 2**20

_GRAY_MODES = ("1", "L", "LA", "La", "I;16", "I;16L", "I;16B")

# A picture whose levels of 16 bits have only 12 is not brighter.
NEARLY_BLACK = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """The pixels as a decoder yields them.

    Attributes:
        pixels: uint8 (height, width[, 3]), over white, but not yet upright.
        is_opaque: Where no white shows through, bool (height, width); None for everywhere.
        orientation: The value of the EXIF tag; 1 for an upright picture.
    """

    pixels: np.ndarray
    is_opaque: np.ndarray | None = None
    orientation: int = 1

    @property
    def is_as_stored(self) -> bool:
        """Whether nothing is transparent or turned."""
        return self.is_opaque is None and self.orientation == 1

    def upright(self) -> np.ndarray:
        """Returns the pixels as they are seen, uint8 (height, width[, 3])."""
        turned = self.pixels.swapaxes(0, 1) if self.orientation in (5, 6, 7, 8) else self.pixels
        if self.orientation in (3, 4, 7, 8):
            turned = turned[::-1]
        return np.ascontiguousarray(turned[:, ::-1] if self.orientation in (2, 3, 6, 7) else turned)


def read(image_format: str, image: Image.Image, encoded: bytes) -> Picture:
    """Decodes the first frame.

    Args:
        image_format: As `headers.open_image` returns it.
        image: As `headers.open_image` returns it.
        encoded: The file.

    Raises:
        RefusedError: If it is damaged, or has levels of 16 bits that are nearly black.
    """
    # Of 16 bits, gray with alpha is RGBA to Pillow.
    is_gray = png.is_gray(encoded) if image_format == "PNG" else image.mode in _GRAY_MODES
    mode = "L" if is_gray else "RGB"
    levels: np.ndarray | None = None
    if image_format == "PNG":
        levels = _png_levels(image, encoded, mode)
    else:
        image.load()
        if image.mode.startswith("I"):
            levels = np.asarray(image)[..., np.newaxis]
    pixels = np.empty((image.height, image.width, *([3] if mode == "RGB" else [])), np.uint8)
    is_opaque = np.ones(pixels.shape[:2], bool)
    for rows in bands(*pixels.shape[:2]):  # Pillow would make copies of all pixels.
        if levels is None:
            band = image.crop((0, rows.start, image.width, rows.stop))
        else:
            band = _band(levels[rows])
        if band.has_transparency_data:
            band, is_opaque[rows] = _over_white(band)
        pixels[rows] = np.asarray(band if band.mode == mode else band.convert(mode))
    is_black = not (pixels if levels is None else levels[..., :3]).any()
    if not is_black and headers.has_16_bits(image_format, image, encoded):
        _check_brightness(pixels)
    return Picture(pixels, None if is_opaque.all() else is_opaque, _orientation(image))


def bands(height: int, width: int) -> Iterator[slice]:
    """Yields ranges of rows of some megabytes, in order."""
    step = max(1, _BAND_PIXELS // width)
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def _png_levels(image: Image.Image, encoded: bytes, mode: str) -> np.ndarray:
    channels = 4 if image.has_transparency_data else len(mode)
    try:
        return png.levels(encoded, channels)
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError from error
    except tf.errors.OpError as error:
        raise RefusedError(
            f"cannot be decoded: a part is missing, damaged or unknown ({summarize_error(error)})"
        ) from error


def _band(levels: np.ndarray) -> Image.Image:
    """Returns levels of 8 or 16 bits, (height, width, 1, 3 or 4), as the nearest of 8 bits."""
    if levels.dtype != np.uint8:
        # 65535 = 257 * 255. An odd divisor has no halves, so adding its half rounds to the nearest.
        levels = ((levels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels)


def _over_white(image: Image.Image) -> tuple[Image.Image, np.ndarray]:
    """Returns an image over white, and where it was opaque."""
    if image.mode == "La":  # Pillow converts it to nothing else.
        image = image.convert("LA")
    image = image if image.mode == "RGBA" else image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image), np.asarray(image.getchannel("A")) == 255


def _check_brightness(pixels: np.ndarray) -> None:
    """Refuses the pixels of a file of 16 bits in which the levels have fewer."""
    if (highest := pixels.max()) <= NEARLY_BLACK:
        raise RefusedError(
            f"nearly black: its levels of 16 bits are at most {highest} of 255; expected levels "
            "that use 16 bits, so multiply levels of 12 bits by 16"
        )


def _orientation(image: Image.Image) -> int:
    try:  # A PNG has no pixels, which its own method would load.
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation)
    except MemoryError:
        raise
    except Exception:  # The picture is usable even if its EXIF data are broken.
        return 1
    # Some cameras write 0.
    return orientation if isinstance(orientation, int) and 2 <= orientation <= 8 else 1
