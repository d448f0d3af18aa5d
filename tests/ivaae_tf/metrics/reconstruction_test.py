"""Reconstruction error and SSIM against NumPy and TensorFlow."""

import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

from ivaae_tf.metrics.reconstruction import (
    ReconstructionError,
    squared_errors,
    structural_similarities,
)


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
    # Two flat images have no contrast: the luminance term alone is left.
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
