import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.interpolation import spherical_interpolation


def test_interpolation_goes_along_great_arcs():
    """Compares with Shoemake (1985) in float64: even angles, constant norms."""
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 3, 5))
    end *= np.linalg.norm(start, axis=1, keepdims=True) / np.linalg.norm(end, axis=1, keepdims=True)
    weights = np.linspace(0, 1, 7)
    cosine = np.sum(start * end, 1) / np.linalg.norm(start, axis=1) / np.linalg.norm(end, axis=1)
    angle = np.arccos(cosine)[:, None, None]
    from_start = np.sin((1 - weights[:, None]) * angle) / np.sin(angle)
    from_end = np.sin(weights[:, None] * angle) / np.sin(angle)
    expected = from_start * start[:, None] + from_end * end[:, None]
    codes = [tf.constant(values, tf.float32) for values in (start, end, weights)]
    points = spherical_interpolation(*codes).numpy()
    np.testing.assert_allclose(points, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(points[:, 0], start, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(points[:, -1], end, rtol=1e-5, atol=1e-6)
    norms = np.linalg.norm(points, axis=-1)
    np.testing.assert_allclose(norms, np.repeat(norms[:, :1], 7, axis=1), rtol=1e-5)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0, 0.0])
def test_interpolation_between_codes_without_an_arc_is_a_straight_line(factor):
    """Takes ends of one direction, opposite ends (no unique arc) and an end of norm 0."""
    start = tf.constant([[3.0, 4.0]])
    points = spherical_interpolation(start, factor * start, tf.linspace(0.0, 1.0, 5)).numpy()
    assert np.all(np.isfinite(points))
    np.testing.assert_allclose(points[:, 0], start)
    np.testing.assert_allclose(points[:, -1], factor * start, atol=1e-6)
    if factor:
        line = np.linspace(1, factor, 5)[:, None] * start[0]
        np.testing.assert_allclose(points[0], line, atol=1e-5)
