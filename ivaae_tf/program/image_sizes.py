"""Sizes of images: a side, or height and width; and the channels of pictures."""

from typing import Any

from ivaae_tf.program.ranges import Range

ImageSize = int | tuple[int, int]

PICTURE_CHANNELS = (1, 3)  # gray and color


def sides(image_size: ImageSize) -> tuple[int, int]:
    """Returns (height, width) in pixels."""
    return (image_size, image_size) if isinstance(image_size, int) else image_size


def in_words(image_size: ImageSize) -> int | str:
    """Returns the side of a square, or height×width, for messages, conditions and file names."""
    numbers = sides(image_size)
    return numbers[0] if len(set(numbers)) == 1 else "×".join(map(str, numbers))


class SideRange(Range):
    """The range of the side of a square, or of the height and the width of a rectangle."""

    def __contains__(self, value: Any) -> bool:
        numbers = value if isinstance(value, tuple) and len(value) == 2 else (value,)
        return all(map(super().__contains__, numbers))

    def __str__(self) -> str:
        return f"{super().__str__()}, or two of them: height,width"

    def parse(self, text: str) -> int | tuple[int, ...]:
        """Returns the numbers of a text such as 64 or 96,64; one if two are equal."""
        numbers = tuple(map(int, str(text).split(",")))
        return numbers if len(numbers) > 2 or numbers[0] != numbers[-1] else numbers[0]


SIDES = SideRange(8, 1024)
