"""Pure functions of image tensors: decode, crop, resize, scale.

They work eagerly and inside `tf.data.Dataset.map`. An image is a uint8 tensor of shape
(height, width, channels) with values 0..255 until `scale` makes it a float tensor in [-1, 1].
"""

import tensorflow as tf

from ivaae_tf.program.image_sizes import ImageSize, sides

_SQUARE = (1, 1)  # ratio of height and width


def decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes a JPEG, PNG, GIF, BMP or WebP file, or an animation's first frame.

    JPEG is decoded with the accurate inverse cosine transform, for the same pixels as Pillow.

    Args:
        encoded: Scalar string, the bytes of the file.
        channels: 1 (grayscale) or 3 (red, green, blue).

    Returns:
        uint8 tensor, (height, width, channels).

    Raises:
        tf.errors.InvalidArgumentError: If the bytes cannot be decoded.
    """
    image = tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.decode_jpeg(encoded, channels=channels, dct_method="INTEGER_ACCURATE"),
        lambda: _decode_other(encoded, channels),
    )
    return tf.ensure_shape(image, (None, None, channels))


def _decode_other(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes a file that is not a JPEG."""
    return tf.io.decode_image(encoded, channels=channels, expand_animations=False)


def decode_and_crop(
    encoded: tf.Tensor, channels: int, crop: int | None = None, ratio: tuple[int, int] = _SQUARE
) -> tf.Tensor:
    """Returns `central_crop(decode(encoded, channels), crop, ratio)`, faster for JPEG.

    Only the JPEG blocks that the crop touches are decoded. Subsampled color is interpolated from
    inside the crop alone, so the outermost pixels may differ by a few levels.

    Args:
        encoded: Scalar string, the bytes of the file.
        channels: 1 or 3.
        crop: Longer side of the center in pixels; None for the largest one.
        ratio: Height and width of the center, up to a factor.

    Returns:
        uint8 tensor, (height, width, channels).
    """

    def jpeg() -> tf.Tensor:
        window = _central_window(tf.io.extract_jpeg_shape(encoded), crop, ratio)
        return tf.image.decode_and_crop_jpeg(
            encoded, window, channels=channels, dct_method="INTEGER_ACCURATE"
        )

    image = tf.cond(
        tf.io.is_jpeg(encoded),
        jpeg,
        lambda: central_crop(_decode_other(encoded, channels), crop, ratio),
    )
    return tf.ensure_shape(image, (None, None, channels))


def decode_and_fit(
    encoded: tf.Tensor,
    channels: int,
    crop: int | None = None,
    fit: str = "crop",
    ratio: tuple[int, int] = _SQUARE,
) -> tf.Tensor:
    """Returns `fitted(decode(encoded, channels), crop, fit, ratio)`, faster for JPEG."""
    if fit == "crop":
        return decode_and_crop(encoded, channels, crop, ratio)
    return fitted(decode(encoded, channels), crop, fit, ratio)


def fitted(image: tf.Tensor, crop: int | None, fit: str, ratio: tuple[int, int]) -> tf.Tensor:
    """Gives an image a ratio of height and width by "crop", "pad" or "stretch".

    Args:
        image: (height, width, channels).
        crop: Longer side of the center of "crop" in pixels; None for the largest one.
        fit: "crop" cuts the center out, "pad" adds black margins, and "stretch" leaves the image
            as it is: `resize` gives it the ratio.
        ratio: Height and width, up to a factor.
    """
    if fit == "crop":
        return central_crop(image, crop, ratio)
    return pad(image, ratio) if fit == "pad" else image


def pad(image: tf.Tensor, ratio: tuple[int, int] = _SQUARE) -> tf.Tensor:
    """Adds black margins to an image, equal or with a pixel less at the top or left.

    Args:
        image: uint8, (height, width, channels).
        ratio: Height and width of the result, up to a factor.

    Returns:
        The smallest image of the ratio that contains the whole one, with sides rounded up.
    """
    height, width = tf.unstack(tf.shape(image)[:2])
    new_height = tf.maximum(height, -(-width * ratio[0] // ratio[1]))
    new_width = tf.maximum(width, -(-height * ratio[1] // ratio[0]))
    top, left = (new_height - height) // 2, (new_width - width) // 2
    return tf.image.pad_to_bounding_box(image, top, left, new_height, new_width)


def flip_half(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirrors each image left to right with a probability of a half.

    Args:
        images: Shape (m, height, width, channels).
        seed: Two integers; the choice depends on them alone.
    """
    is_flipped = tf.random.stateless_uniform([tf.shape(images)[0]], seed) < 0.5
    return tf.where(is_flipped[:, None, None, None], tf.reverse(images, [2]), images)


def central_crop(
    image: tf.Tensor, size: int | None = None, ratio: tuple[int, int] = _SQUARE
) -> tf.Tensor:
    """Cuts the center out of an image.

    Args:
        image: (height, width, channels).
        size: Longer side of the center in pixels; None, or more than the image has, for the largest
            center.
        ratio: Height and width of the center, up to a factor.

    Returns:
        The center, with sides rounded down. If the margins cannot be equal, the top or left one is
        a pixel smaller.
    """
    top, left, height, width = tf.unstack(_central_window(tf.shape(image), size, ratio))
    return image[top : top + height, left : left + width]


def _central_window(shape: tf.Tensor, size: int | None, ratio: tuple[int, int]) -> tf.Tensor:
    """Returns the center of an image of `shape` as (top, left, height, width)."""
    height, width = shape[0], shape[1]
    new_height = tf.minimum(height, width * ratio[0] // ratio[1])
    new_width = tf.minimum(width, height * ratio[1] // ratio[0])
    if size is not None:
        new_height = tf.minimum(new_height, size * ratio[0] // max(ratio))
        new_width = tf.minimum(new_width, size * ratio[1] // max(ratio))
    new_height, new_width = tf.maximum(new_height, 1), tf.maximum(new_width, 1)
    return tf.stack([(height - new_height) // 2, (width - new_width) // 2, new_height, new_width])


def resize(image: tf.Tensor, size: ImageSize) -> tf.Tensor:
    """Resizes an image with an antialiased triangle filter, as Pillow does.

    When an image shrinks, the filter of Pillow's `BILINEAR` widens with the ratio and uses every
    pixel. A plain bilinear resize would use only 4 pixels and alias.

    Args:
        image: uint8, (height, width, channels).
        size: The new side in pixels, or (height, width).

    Returns:
        uint8 tensor, (new height, new width, channels), rounded to the nearest level.
    """
    resized = tf.image.resize(image, sides(size), method="bilinear", antialias=True)
    return tf.saturate_cast(tf.round(resized), tf.uint8)


def resize_batch(batch: tf.Tensor, size: ImageSize) -> tf.Tensor:
    """Returns `resize` of each image of a batch, bit for bit, several times faster.

    TensorFlow takes one image at a time and computes its channels together. So the channels of all
    images become the channels of one image.

    Args:
        batch: uint8, (m, height, width, channels); all but m must be known in the graph.
        size: The new side in pixels, or (height, width).

    Returns:
        uint8 tensor, (m, new height, new width, channels).
    """
    _, height, width, channels = batch.shape
    num_images = tf.shape(batch)[0]
    one = tf.reshape(tf.transpose(batch, [1, 2, 0, 3]), [height, width, num_images * channels])
    resized = tf.reshape(resize(one, size), [*sides(size), num_images, channels])
    return tf.transpose(resized, [2, 0, 1, 3])


def scale(images: tf.Tensor, dtype: str | tf.DType = "float32") -> tf.Tensor:
    """Maps the levels 0..255 linearly to [-1, 1].

    Args:
        images: uint8, any shape.
        dtype: The floating type of the result; the arithmetic is float32.

    Returns:
        Tensor of `dtype`, the same shape.
    """
    return tf.cast(tf.cast(images, tf.float32) / 127.5 - 1.0, dtype)


def unscale(images: tf.Tensor) -> tf.Tensor:
    """Maps [-1, 1] to the levels 0..255: the inverse of `scale`.

    Args:
        images: Any floating type, any shape; values outside [-1, 1] are clipped.

    Returns:
        uint8 tensor, the same shape, rounded to the nearest level.
    """
    levels = (tf.cast(images, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.round(tf.clip_by_value(levels, 0.0, 255.0)), tf.uint8)
