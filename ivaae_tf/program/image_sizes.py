"""Sizes of images: the side of a square, or the height and the width of a rectangle."""

import dataclasses

from ivaae_tf.program.ranges import Range

ImageSize = int | tuple[int, int]


def sides(image_size: ImageSize) -> tuple[int, int]:
    """Returns (height, width) in pixels."""
    return (image_size, image_size) if isinstance(image_size, int) else image_size


def in_words(image_size: ImageSize) -> int | str:
    """Returns the side of a square, or height×width, for messages, conditions and file names."""
    height, width = sides(image_size)
    return height if height == width else f"{height}×{width}"


@dataclasses.dataclass(frozen=True)
class SideRange(Range):
    """The range of the side of a square, or of the height and the width of a rectangle."""

    def parse(self, text: str) -> ImageSize:
        """Returns the size of a text such as 64 or 96,64.

        Raises:
            ValueError: If it is neither one number nor two, or a number is not in the range.
        """
        try:
            numbers = [int(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2) or any(number not in self for number in numbers):
            raise ValueError(f"expected {self}, or two of them: height,width")
        height, width = numbers[0], numbers[-1]
        return height if height == width else (height, width)


SIDES = SideRange(8, 1024)
