"""Sizes of images: the side of a square, or the height and the width of a rectangle."""

ImageSize = int | tuple[int, int]


def sides(image_size: ImageSize) -> tuple[int, int]:
    """Returns (height, width) in pixels."""
    return (image_size, image_size) if isinstance(image_size, int) else image_size


def in_words(image_size: ImageSize) -> int | str:
    """Returns the side of a square, or height×width, for messages, conditions and file names."""
    height, width = sides(image_size)
    return height if height == width else f"{height}×{width}"
