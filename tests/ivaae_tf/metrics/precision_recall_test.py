"""Precision and recall against loops in NumPy, and against known values."""

import numpy as np
import pytest

from ivaae_tf.metrics.precision_recall import precision_recall


def _share_by_loops(points, manifold, num_neighbors):
    radii = [
        sorted(np.linalg.norm(x - y) for j, y in enumerate(manifold) if j != i)[num_neighbors - 1]
        for i, x in enumerate(manifold)
    ]
    inside = [
        any(np.linalg.norm(point - x) <= r for x, r in zip(manifold, radii, strict=True))
        for point in points
    ]
    return np.mean(inside)


@pytest.mark.parametrize(("num_neighbors", "dim"), [(1, 2), (3, 8), (2, 3)])
def test_equals_loops(num_neighbors, dim):
    random = np.random.default_rng(dim)
    real = random.normal(size=(90, dim))
    generated = random.normal(0.6, 0.8, (70, dim)).astype(np.float32)
    result = precision_recall(real, generated, num_neighbors)
    exact = generated.astype(np.float64)
    precision = _share_by_loops(exact, real, num_neighbors)
    assert result.precision == precision
    assert result.recall == _share_by_loops(real, exact, num_neighbors)
    np.testing.assert_allclose(result.precision_error, np.sqrt(precision * (1 - precision) / 70))
    assert 0 < result.precision < 1
    assert 0 < result.recall < 1


def test_tells_fidelity_from_coverage():
    random = np.random.default_rng(1)
    two_modes = np.concatenate([random.normal(0, 1, (300, 2)), random.normal(50, 1, (300, 2))])
    one_mode = random.normal(0, 1, (300, 2))
    dropped = precision_recall(real=two_modes, generated=one_mode)
    invented = precision_recall(real=one_mode, generated=two_modes)
    assert dropped.precision > 0.9
    assert 0.45 < dropped.recall < 0.51
    assert invented.recall > 0.9
    assert 0.45 < invented.precision < 0.51


def test_disjoint_sets_share_nothing_and_equal_sets_everything():
    features = np.random.default_rng(2).normal(size=(100, 4))
    assert precision_recall(features, features)[0::2] == (1, 1)
    assert precision_recall(features, features + 100) == (0, 0, 0, 0)


def test_does_not_move_with_the_origin():
    # Squared distances as x² − 2xy + y² would be off by 1e12 · 2e-16 · d ≈ 1e-3 here.
    random = np.random.default_rng(3)
    real, generated = random.normal(size=(2, 200, 6)) * 0.01
    assert precision_recall(real, generated) == precision_recall(real + 1e6, generated + 1e6)


_SCALES = [(scale, offset) for scale in (1e-3, 1, 1e3) for offset in (0, 1e4)]


@pytest.mark.parametrize(("scale", "offset"), _SCALES)
@pytest.mark.parametrize("copies", [1, 2, 3, 4, 10])
def test_equals_loops_with_copies_among_the_features(copies, scale, offset):
    """Far from the origin, float32 has few levels, so many other distances are equal, too."""
    random = np.random.default_rng(copies)
    base, other = (random.normal(size=(2, 24, 5)) * scale + offset).astype(np.float32)
    real = np.repeat(base, copies, axis=0)
    generated = np.concatenate([np.repeat(base[:8], 4, axis=0), other])
    result = precision_recall(real, generated)
    exact_real, exact_generated = real.astype(np.float64), generated.astype(np.float64)
    assert result.precision == _share_by_loops(exact_generated, exact_real, 3)
    np.testing.assert_allclose(result.recall, _share_by_loops(exact_real, exact_generated, 3))


@pytest.mark.parametrize(("scale", "offset"), _SCALES)
@pytest.mark.parametrize("copies", [4, 7, 10])
def test_a_set_of_copies_covers_itself_and_half_of_it_a_half(copies, scale, offset):
    """Each feature's radius is 0, so nothing but copies is covered."""
    base = np.random.default_rng(4).normal(size=(50, 64)) * scale + offset
    real = np.repeat(base.astype(np.float32), copies, axis=0)
    assert precision_recall(real, real.copy())[0::2] == (1, 1)
    assert precision_recall(real, real[: len(real) // 2])[0::2] == (1, 0.5)


@pytest.mark.parametrize("value", [0, 0.1, -1e4])
def test_equal_features_cover_each_other_and_nothing_else(value):
    """0 and −0 are equal."""
    features = np.full((40, 8), value, np.float32)
    assert precision_recall(features, -features if value == 0 else features) == (1, 0, 1, 0)
    assert precision_recall(features, features + np.float32(0.01)) == (0, 0, 0, 0)


def test_diverged_features_score_nan():
    features = np.zeros((10, 2))
    assert np.isnan(precision_recall(features, features * np.nan)).all()


@pytest.mark.parametrize(
    ("real", "generated", "num_neighbors", "message"),
    [((5, 2), (5, 3), 3, r"\(5, 3\)"), ((3, 2), (9, 2), 3, "3, 3"), ((5, 2), (5, 2), 0, "0, 5")],
)
def test_refuses_what_has_no_manifold(real, generated, num_neighbors, message):
    with pytest.raises(ValueError, match=message):
        precision_recall(np.zeros(real), np.zeros(generated), num_neighbors)
