"""Squared distances against exact fractions of the same numbers."""

from fractions import Fraction

import numpy as np
import pytest

from ivaae_tf.metrics import distances


def _exact(points, others):
    """In rational numbers, rounded once."""
    points, others = (
        [[Fraction(float(x)) for x in row] for row in rows] for rows in (points, others)
    )
    return np.array(
        [
            [float(sum((a - b) ** 2 for a, b in zip(x, y, strict=True))) for y in others]
            for x in points
        ]
    )


@pytest.mark.parametrize("offset", [0, 1e4, -1e6])
@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_are_exact_but_for_rounding_and_zero_for_copies(kind, scale, offset, monkeypatch):
    monkeypatch.setattr(distances, "_BLOCK_BYTES", 8 * 40 * 3)  # 3 points in a block
    random = np.random.default_rng(0)
    others = (random.normal(size=(40, 6)) * scale + offset).astype(kind)
    others[20:30] = others[:10] * kind(1 + 1e-6)  # Nearly the same.
    points = np.concatenate([others[::3], (others[:4] + scale).astype(kind)])
    blocks = list(distances.squared_distances(points, others))
    assert [len(points[rows]) for rows, _ in blocks] == [3] * 6
    found, expected = np.concatenate([block for _, block in blocks]), _exact(points, others)
    np.testing.assert_allclose(found, expected, rtol=distances.relative_rounding(6) / 2, atol=0)
    assert (expected == 0).sum() >= 14
