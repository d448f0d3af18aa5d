import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.images import transforms


def photo(height, width, channels=3, seed=0):
    """Returns smooth shapes with some noise, uint8 (height, width[, 3])."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 20
    shapes = [np.sin(x * (c + 1) + y) + np.cos(y * (c + 1) - x) for c in range(channels)]
    noisy = np.stack(shapes, -1) * 50 + 128 + generator.normal(0, 10, (height, width, channels))
    pixels = noisy.clip(0, 255).astype(np.uint8)
    return pixels if channels > 1 else pixels[..., 0]


def encode(pixels, image_format, **options):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, image_format, **options)
    return stream.getvalue()


def mapped(function, *tensors):
    """Returns the result of `function` inside `Dataset.map`, with unknown shapes."""
    dataset = tf.data.Dataset.from_tensors(tensors).map(function)
    return next(dataset.as_numpy_iterator())


@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 60, "subsampling": 2, "progressive": True}),
        ("PNG", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
    ],
)
def test_decode_yields_the_pixels_that_pillow_yields(image_format, options):
    encoded = encode(photo(37, 53), image_format, **options)
    expected = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))
    np.testing.assert_array_equal(transforms.decode(encoded, 3), expected)
    np.testing.assert_array_equal(mapped(lambda e: transforms.decode(e, 3), encoded), expected)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_decode_converts_between_gray_and_color(image_format):
    gray = encode(photo(37, 53, channels=1), image_format)
    expected = np.asarray(Image.open(io.BytesIO(gray)))
    np.testing.assert_array_equal(transforms.decode(gray, 1)[..., 0], expected)
    np.testing.assert_array_equal(transforms.decode(gray, 3), np.stack([expected] * 3, -1))
    color = encode(
        photo(37, 53), image_format, **({"subsampling": 0} if image_format == "JPEG" else {})
    )
    luminance = np.asarray(Image.open(io.BytesIO(color)).convert("L")).astype(int)
    # Both round 0.299 R + 0.587 G + 0.114 B, in different fixed-point arithmetic. JPEG stores it.
    difference = np.abs(transforms.decode(color, 1)[..., 0].numpy().astype(int) - luminance)
    assert difference.max() <= (1 if image_format == "PNG" else 2)


def test_decode_yields_the_first_frame_of_an_animation():
    frames = [Image.fromarray(photo(20, 30, seed=seed)) for seed in (0, 1)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    expected = np.asarray(Image.open(stream).convert("RGB"))
    np.testing.assert_array_equal(transforms.decode(stream.getvalue(), 3), expected)


def test_decode_refuses_what_is_no_image():
    with pytest.raises(tf.errors.InvalidArgumentError):
        transforms.decode(b"text", 3)


@pytest.mark.parametrize(
    ("crop", "ratio"), [(None, (1, 1)), (1, (1, 1)), (16, (3, 2)), (30, (1, 1)), (1000, (2, 3))]
)
@pytest.mark.parametrize("shape", [(37, 53), (53, 38)])
def test_cropping_while_decoding_equals_cropping_after_it(crop, ratio, shape):
    for encoded in (
        encode(photo(*shape), "JPEG", subsampling=0),
        encode(photo(*shape), "JPEG", subsampling=2),
        encode(photo(*shape), "PNG"),
    ):
        expected = transforms.central_crop(transforms.decode(encoded, 3), crop, ratio).numpy()
        cropped = transforms.decode_and_crop(encoded, 3, crop, ratio).numpy()
        np.testing.assert_array_equal(cropped[1:-1, 1:-1], expected[1:-1, 1:-1])
        # The color of the border is interpolated without its neighbors outside.
        assert np.abs(cropped.astype(int) - expected).max(initial=0) <= 16
        inside = mapped(lambda e: transforms.decode_and_crop(e, 3, crop, ratio), encoded)
        np.testing.assert_array_equal(inside, cropped)


def test_central_crop_of_celeb_a():
    image = np.arange(218 * 178).reshape(218, 178, 1)
    expected = image[39:179, 19:159]
    np.testing.assert_array_equal(transforms.central_crop(image, 140), expected)
    np.testing.assert_array_equal(
        mapped(lambda i: transforms.central_crop(i, 140), image), expected
    )


def test_central_crop_keeps_the_largest_square():
    image = np.arange(5 * 8).reshape(5, 8, 1)
    for size in (None, 6):
        np.testing.assert_array_equal(transforms.central_crop(image, size), image[:, 1:6])
    np.testing.assert_array_equal(transforms.central_crop(image[:, :4]), image[0:4, :4])


@pytest.mark.parametrize(
    ("size", "ratio", "rows", "columns"),
    [
        (None, (96, 64), slice(0, 218), slice(16, 161)),  # 218 · 2/3 = 145.3
        (140, (96, 64), slice(39, 179), slice(42, 135)),  # 140 · 2/3 = 93.3
        (None, (16, 24), slice(50, 168), slice(0, 178)),  # 178 · 2/3 = 118.7
        (None, (1, 1000), slice(108, 109), slice(0, 178)),
    ],
)
def test_the_center_has_the_ratio_of_a_rectangle(size, ratio, rows, columns):
    image = np.arange(218 * 178).reshape(218, 178, 1)
    cropped = transforms.central_crop(image, size, ratio)
    np.testing.assert_array_equal(cropped, image[rows, columns])
    np.testing.assert_array_equal(transforms.fitted(image, size, "crop", ratio), cropped)


@pytest.mark.parametrize(
    ("ratio", "margins"),
    [((3, 2), ((4, 4), (0, 0))), ((1, 3), ((0, 0), (2, 2))), ((1, 2), ((0, 0), (0, 0)))],
)
def test_margins_give_the_ratio_of_a_rectangle(ratio, margins):
    """A picture of 4×8 has 12×8 with the ratio 3:2 (8 · 3/2), and 4×12 with 1:3."""
    image = np.arange(4 * 8).reshape(4, 8, 1)
    padded = transforms.fitted(image, None, "pad", ratio)
    np.testing.assert_array_equal(padded, np.pad(image, (*margins, (0, 0))))


def test_resize_of_a_rectangle_agrees_with_pillow():
    pixels = photo(40, 50)
    expected = Image.fromarray(pixels).resize((16, 24), Image.Resampling.BILINEAR)
    resized = transforms.resize(tf.constant(pixels), (24, 16)).numpy()
    np.testing.assert_allclose(resized.astype(int), np.asarray(expected, int), atol=1)
    together = tf.function(lambda several: transforms.resize_batch(several, (24, 16)))
    np.testing.assert_array_equal(together(tf.constant(pixels[np.newaxis]))[0], resized)


@pytest.mark.parametrize("side", [8, 28, 63, 64, 65, 140, 401])
@pytest.mark.parametrize("channels", [1, 3])
def test_resize_agrees_with_pillow(side, channels):
    pixels = photo(side, side, channels)
    # Both resize one axis after the other, Pillow in float64 and TensorFlow in float32. Before
    # rounding they agree to about 255 * 2**-23 * (terms of the sum). So rounded results differ by a
    # level only at halves.
    floats = pixels.reshape(side, side, channels).astype(np.float32)
    bilinear = Image.Resampling.BILINEAR
    planes = [Image.fromarray(floats[..., c]).resize((64, 64), bilinear) for c in range(channels)]
    reference = np.stack([np.asarray(plane) for plane in planes], axis=-1)
    for resized in (
        transforms.resize(tf.constant(pixels.reshape(side, side, channels)), 64).numpy(),
        mapped(lambda i: transforms.resize(i, 64), pixels.reshape(side, side, channels)),
    ):
        assert resized.dtype == np.uint8
        assert np.abs(resized - reference).max() <= 0.501
    # Pillow on 8 bits rounds after each of its two passes: half a level more.
    eight_bits = np.asarray(Image.fromarray(pixels).resize((64, 64), bilinear))
    difference = resized.astype(int) - eight_bits.reshape(64, 64, channels)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("side, channels", [(8, 1), (28, 1), (65, 3), (140, 3)])
def test_a_batch_is_resized_to_the_bits_of_single_images(side, channels):
    batch = np.random.default_rng(0).integers(0, 256, (5, side, side, channels), np.uint8)
    expected = [transforms.resize(tf.constant(image), 64).numpy() for image in batch]
    resized = tf.function(lambda several: transforms.resize_batch(several, 64))(tf.constant(batch))
    assert resized.shape == (5, 64, 64, channels)
    np.testing.assert_array_equal(resized.numpy(), expected)


def test_resize_does_not_alias():
    # Averaged stripes of one pixel are gray. Every 4th pixel alone would be black or white.
    stripes = np.tile(np.array([0, 255], np.uint8), (256, 128))[..., np.newaxis]
    resized = transforms.resize(tf.constant(stripes), 64).numpy()
    assert np.abs(resized[1:-1, 1:-1].astype(int) - 127.5).max() <= 1


def test_scale_maps_the_levels_to_minus_one_and_one():
    levels = np.arange(256, dtype=np.uint8)
    expected = levels.astype(np.float64) / 127.5 - 1
    for scaled in (transforms.scale(levels).numpy(), mapped(transforms.scale, levels)):
        assert scaled.dtype == np.float32
        np.testing.assert_allclose(scaled, expected, atol=1e-7)  # 2**-24, half an ulp below 1
        assert scaled[0] == -1 and scaled[-1] == 1
    assert transforms.scale(levels, "bfloat16").dtype == tf.bfloat16


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_unscale_inverts_scale(dtype):
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(transforms.unscale(transforms.scale(levels, dtype)), levels)


def test_unscale_rounds_and_clips():
    values = tf.constant([-3.0, -1.0, 0.003, 1.0, 7.0])
    np.testing.assert_array_equal(transforms.unscale(values), [0, 0, 128, 255, 255])
