"""Reconstruction error and SSIM against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.ndimage

from ivaae_tf.metrics.reconstruction import (
    ReconstructionError,
    squared_errors,
    structural_similarities,
)


def _ssim(first, second):
    """Equation 13 of Wang et al. (2004) on one channel, by SciPy's Gaussian filter."""
    first, second = first.astype(np.float64), second.astype(np.float64)

    def blur(x):
        return scipy.ndimage.gaussian_filter(x, 1.5, radius=5)[5:-5, 5:-5]

    means = blur(first), blur(second)
    variances = blur(first**2) - means[0] ** 2, blur(second**2) - means[1] ** 2
    covariance = blur(first * second) - means[0] * means[1]
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * means[0] * means[1] + c1) / (means[0] ** 2 + means[1] ** 2 + c1)
    return np.mean(luminance * (2 * covariance + c2) / (sum(variances) + c2))


def _images(channels):
    random = np.random.default_rng(channels)
    smooth = scipy.ndimage.gaussian_filter(random.normal(size=(4, 24, 20, channels)), (0, 2, 2, 0))
    images = np.clip(smooth * 3, -1, 1)
    return images, np.clip(images + 0.2 * random.normal(size=images.shape), -1, 1)


def _bytes(images):
    return np.rint((images + 1) * 127.5).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_equals_an_independent_computation(channels):
    first, second = map(_bytes, _images(channels))
    expected = [
        np.mean([_ssim(x[..., c], y[..., c]) for c in range(channels)])
        for x, y in zip(first, second, strict=True)
    ]
    # tf.image.ssim works in float32.
    np.testing.assert_allclose(structural_similarities(first, second), expected, atol=1e-4)
    np.testing.assert_allclose(structural_similarities(first, first), 1, atol=1e-6)


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
