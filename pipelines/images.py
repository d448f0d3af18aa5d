"""Operations on images as pure functions of tensors: decode, crop, resize, scale.

All of them work eagerly and inside `tf.data.Dataset.map`. An image is a uint8 tensor of shape
(height, width, channels) with values 0..255 until `scale` makes it a float tensor in [-1, 1].
"""

import tensorflow as tf


def decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes a JPEG, PNG, GIF, BMP or WebP file; of an animation, the first frame.

    JPEG is decoded with the accurate inverse cosine transform, as Pillow does, so that both
    yield the same pixels.

    Args:
      encoded: scalar string, the bytes of the file.
      channels: 1 (grayscale) or 3 (red, green, blue).

    Returns:
      uint8 tensor, (height, width, channels).

    Raises:
      tf.errors.InvalidArgumentError: the bytes are not such a file.
    """
    image = tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.decode_jpeg(encoded, channels=channels, dct_method="INTEGER_ACCURATE"),
        lambda: tf.io.decode_image(encoded, channels=channels, expand_animations=False),
    )
    return tf.ensure_shape(image, (None, None, channels))


def decode_and_crop(encoded: tf.Tensor, channels: int, crop: int | None = None) -> tf.Tensor:
    """Equals `central_crop(decode(encoded, channels), crop)`, at less work for JPEG.

    Of a JPEG only the blocks that the crop touches are decoded. Where its color is subsampled, it
    is interpolated from inside the crop alone: the outermost pixels may differ by a few levels.

    Args:
      encoded: scalar string, the bytes of the file.
      channels: 1 or 3.
      crop: side of the central square in pixels; None for the largest one.

    Returns:
      uint8 tensor, (side, side, channels).
    """

    def jpeg() -> tf.Tensor:
        window = _central_window(tf.io.extract_jpeg_shape(encoded), crop)
        return tf.image.decode_and_crop_jpeg(
            encoded, window, channels=channels, dct_method="INTEGER_ACCURATE"
        )

    image = tf.cond(
        tf.io.is_jpeg(encoded), jpeg, lambda: central_crop(decode(encoded, channels), crop)
    )
    return tf.ensure_shape(image, (None, None, channels))


def central_crop(image: tf.Tensor, size: int | None = None) -> tf.Tensor:
    """Cuts the central square out of an image.

    Args:
      image: (height, width, channels).
      size: side of the square in pixels; None, or more than the image has, for the largest one.

    Returns:
      The square, (side, side, channels). Where the margins cannot be equal, the top and the left
      one are a pixel smaller.
    """
    top, left, side, _ = tf.unstack(_central_window(tf.shape(image), size))
    return image[top : top + side, left : left + side]


def _central_window(shape: tf.Tensor, size: int | None) -> tf.Tensor:
    """The central square of an image of `shape` as (top, left, height, width)."""
    height, width = shape[0], shape[1]
    side = tf.minimum(height, width)
    if size is not None:
        side = tf.minimum(side, size)
    return tf.stack([(height - side) // 2, (width - side) // 2, side, side])


def resize(image: tf.Tensor, size: int) -> tf.Tensor:
    """Resizes a square image with an antialiased triangle filter, as Pillow's `BILINEAR` does.

    When an image shrinks, the filter widens with the ratio, so that no pixel is left out; a
    plain bilinear resize would take 4 pixels and alias.

    Args:
      image: uint8, (side, side, channels).
      size: the new side in pixels.

    Returns:
      uint8 tensor, (size, size, channels), rounded to the nearest level.
    """
    resized = tf.image.resize(image, (size, size), method="bilinear", antialias=True)
    return tf.saturate_cast(tf.round(resized), tf.uint8)


def scale(images: tf.Tensor, dtype: str | tf.DType = "float32") -> tf.Tensor:
    """Maps the levels 0..255 linearly to [-1, 1].

    Args:
      images: uint8, any shape.
      dtype: the floating type of the result; the arithmetic is float32.

    Returns:
      Tensor of `dtype`, the same shape.
    """
    return tf.cast(tf.cast(images, tf.float32) / 127.5 - 1.0, dtype)


def unscale(images: tf.Tensor) -> tf.Tensor:
    """Maps [-1, 1] back to the levels 0..255: the inverse of `scale`.

    Args:
      images: any floating type, any shape; values outside [-1, 1] are clipped.

    Returns:
      uint8 tensor, the same shape, rounded to the nearest level.
    """
    levels = (tf.cast(images, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.round(tf.clip_by_value(levels, 0.0, 255.0)), tf.uint8)
