"""Sharpness against SciPy's Laplacian, and where it is known."""

import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from ivaae_tf.metrics.sharpness import Sharpness, sharpness

_FILTER = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


@pytest.mark.parametrize("channels", [1, 3])
def test_equals_scipy_convolution(channels):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (5, 12, 9, channels)).astype(np.uint8)
    scaled = (images / 127.5 - 1).astype(np.float32)
    grey = scaled if channels == 1 else tf.image.rgb_to_grayscale(scaled).numpy()
    expected = [
        np.var(scipy.signal.convolve2d(image[..., 0], _FILTER, mode="valid")) for image in grey
    ]
    np.testing.assert_allclose(sharpness(images), expected, rtol=1e-5)
    np.testing.assert_allclose(sharpness(scaled), expected, rtol=1e-5)


def test_known_images():
    flat = np.full((1, 8, 8, 3), 77, np.uint8)
    ramp = np.tile(np.linspace(-1, 1, 8)[None, :, None, None], (1, 1, 8, 1))
    # ±1 in turn: the Laplacian is ∓8 everywhere, half of each.
    board = (np.indices((8, 8)).sum(0) % 2 * 2.0 - 1)[None, :, :, None]
    np.testing.assert_allclose(sharpness(flat), 0, atol=1e-12)
    np.testing.assert_allclose(sharpness(ramp), 0, atol=1e-12)
    np.testing.assert_allclose(sharpness(board), 64)


def test_streams_to_the_mean_with_its_error():
    images = np.random.default_rng(1).integers(0, 256, (10, 6, 6, 1)).astype(np.uint8)
    measured = Sharpness()
    for batch in np.split(images, [3, 4]):
        measured.update(batch)
    each, score = sharpness(images), measured.score()
    np.testing.assert_allclose(score.value, each.mean())
    np.testing.assert_allclose(score.standard_error, each.std(ddof=1) / np.sqrt(10))
    assert score.higher_is_better is None
    assert score.conditions == {"num_images": 10}


@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 8, 8, 2), (2, 2, 8, 1)])
def test_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match="3 pixels a side"):
        sharpness(np.zeros(shape, np.uint8))
