"""Reconstruction error, SSIM and sharpness against NumPy, SciPy and TensorFlow."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import tensorflow as tf

from ivaae_tf.metrics.image_quality import (
    ReconstructionError,
    Sharpness,
    image_sharpness,
    squared_errors,
    structural_similarities,
)

_LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


def _images(channels):
    random = np.random.default_rng(channels)
    smooth = scipy.ndimage.gaussian_filter(random.normal(size=(4, 24, 20, channels)), (0, 2, 2, 0))
    images = np.clip(smooth * 3, -1, 1)
    return images, np.clip(images + 0.2 * random.normal(size=images.shape), -1, 1)


def _bytes(images):
    return np.rint((images + 1) * 127.5).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_equals_tensorflow_s(channels):
    first, second = map(_bytes, _images(channels))
    # tf.image.ssim works in float32.
    expected = tf.image.ssim(first, second, max_val=255).numpy()
    assert 0.05 < expected.min() < expected.max() < 0.95
    np.testing.assert_allclose(structural_similarities(first, second), expected, atol=2e-5)


def test_ssim_where_it_is_known():
    images = _bytes(_images(1)[0])
    np.testing.assert_allclose(structural_similarities(images, images), 1, rtol=1e-12)
    # Two flat images have no contrast: only the luminance term remains.
    flat = structural_similarities(*[np.full((1, 16, 16, 1), v, np.uint8) for v in (50, 100)])
    c1 = 2.55**2
    np.testing.assert_allclose(flat, (2 * 50 * 100 + c1) / (50**2 + 100**2 + c1), rtol=1e-9)


def test_streams_to_the_means_with_their_errors():
    images, reconstructions = _images(3)
    measured = ReconstructionError()
    measured.update(images[:1], reconstructions[:1])
    measured.update(images[1:], reconstructions[1:])
    sse, mse, ssim = measured.scores()
    sums = np.array([np.sum((x - y) ** 2) for x, y in zip(images, reconstructions, strict=True)])
    np.testing.assert_allclose(squared_errors(images, reconstructions), sums)
    np.testing.assert_allclose(sse.value, sums.mean())
    np.testing.assert_allclose(sse.standard_error, sums.std(ddof=1) / 2)
    np.testing.assert_allclose(mse.value, np.mean((images - reconstructions) ** 2))
    similarities = structural_similarities(_bytes(images), _bytes(reconstructions))
    np.testing.assert_allclose(ssim.value, similarities.mean(), rtol=1e-5)
    assert [score.name for score in (sse, mse, ssim)] == [
        "reconstruction_sse",
        "reconstruction_mse",
        "ssim",
    ]
    assert (sse.higher_is_better, ssim.higher_is_better) == (False, True)
    assert ssim.conditions == {"num_images": 4}


def test_small_images_have_no_ssim():
    measured = ReconstructionError()
    measured.update(np.zeros((2, 8, 8, 1)), np.ones((2, 8, 8, 1)))
    assert [score.name for score in measured.scores()] == [
        "reconstruction_sse",
        "reconstruction_mse",
    ]
    with pytest.raises(ValueError, match="at least 11 pixels"):
        structural_similarities(*[np.zeros((2, 8, 8, 1), np.uint8)] * 2)


def test_a_single_image_has_no_error_and_unequal_shapes_are_refused():
    measured = ReconstructionError()
    measured.update(np.zeros((1, 12, 12, 1)), np.ones((1, 12, 12, 1)))
    assert measured.scores()[0].standard_error is None
    with pytest.raises(ValueError, match=r"\(1, 12, 12, 1\) and \(1, 12, 12, 3\)"):
        measured.update(np.zeros((1, 12, 12, 1)), np.ones((1, 12, 12, 3)))


@pytest.mark.parametrize("channels", [1, 3])
def test_sharpness_equals_scipy_convolution(channels):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (5, 12, 9, channels)).astype(np.uint8)
    scaled = (images / 127.5 - 1).astype(np.float32)
    gray = scaled if channels == 1 else tf.image.rgb_to_grayscale(scaled).numpy()
    expected = [
        np.var(scipy.signal.convolve2d(image[..., 0], _LAPLACIAN, mode="valid")) for image in gray
    ]
    np.testing.assert_allclose(image_sharpness(images), expected, rtol=1e-5)
    np.testing.assert_allclose(image_sharpness(scaled), expected, rtol=1e-5)


def test_sharpness_of_known_images():
    flat = np.full((1, 8, 8, 3), 77, np.uint8)
    ramp = np.tile(np.linspace(-1, 1, 8)[None, :, None, None], (1, 1, 8, 1))
    # A board of ±1: the Laplacian is ∓8 everywhere, half of each.
    board = (np.indices((8, 8)).sum(0) % 2 * 2.0 - 1)[None, :, :, None]
    np.testing.assert_allclose(image_sharpness(flat), 0, atol=1e-12)
    np.testing.assert_allclose(image_sharpness(ramp), 0, atol=1e-12)
    np.testing.assert_allclose(image_sharpness(board), 64)


def test_sharpness_streams_to_the_mean_with_its_error():
    images = np.random.default_rng(1).integers(0, 256, (10, 6, 6, 1)).astype(np.uint8)
    measured = Sharpness()
    for batch in np.split(images, [3, 4]):
        measured.update(batch)
    each, score = image_sharpness(images), measured.score()
    np.testing.assert_allclose(score.value, each.mean())
    np.testing.assert_allclose(score.standard_error, each.std(ddof=1) / np.sqrt(10))
    assert score.higher_is_better is None
    assert score.conditions == {"num_images": 10}


@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 2, 8, 1)])
def test_sharpness_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="h and w at least 3"):
        image_sharpness(np.zeros(shape, np.uint8))
