"""Nearest images against brute force, and the copying score against counts of pairs."""

import numpy as np
import pytest

from ivaae_tf.metrics.nearest import NearestImages, copying_score


def test_each_query_gets_the_nearest_image_of_the_stream():
    rng = np.random.default_rng(0)
    queries, features = rng.normal(size=(20, 5)), rng.normal(size=(53, 5))
    images = rng.integers(0, 256, (53, 4, 3, 1), dtype=np.uint8)
    nearest = NearestImages(queries, images.shape[1:])
    for start in range(0, 53, 10):
        nearest.update(features[start : start + 10], images[start : start + 10])
    distances = np.linalg.norm(queries[:, np.newaxis] - features, axis=2)
    np.testing.assert_allclose(nearest.distances, distances.min(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(nearest.images, images[distances.argmin(axis=1)])


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-3, 0), (1e-3, 1e4), (1, 0), (1, 1e4), (1e3, 0), (1e3, 1e4)]
)
def test_copies_are_at_the_distance_zero_and_tie(scale, offset):
    features = np.random.default_rng(3).normal(size=(200, 64)) * scale + offset
    features = features.astype(np.float32)
    nearest = NearestImages(np.concatenate([features[:20], features[100:105]]), (1, 1, 1))
    for batch in np.split(features, 4):
        nearest.update(batch, np.zeros((50, 1, 1, 1), np.uint8))
    np.testing.assert_array_equal(nearest.distances, 0)
    assert copying_score(nearest.distances[:20], nearest.distances[20:]).value == 0.5


def test_images_at_the_same_distance_tie():
    """Each differs in three pixels, at different positions, by one level."""
    pixels = np.random.default_rng(4).integers(1, 255, (40, 3072)).astype(np.float32)
    changed = pixels.copy()
    for row in changed:
        row[np.random.default_rng(int(row[0])).choice(3072, 3, replace=False)] += 1
    nearest = NearestImages(changed, (1, 1, 1))
    nearest.update(pixels, np.zeros((40, 1, 1, 1), np.uint8))
    np.testing.assert_array_equal(nearest.distances, np.sqrt(3))


def test_the_score_is_the_share_of_pairs():
    rng = np.random.default_rng(1)
    samples, held_out = rng.integers(0, 6, 40) / 2, rng.integers(0, 6, 30) / 2
    pairs = [(sample < other) + 0.5 * (sample == other) for sample in samples for other in held_out]
    score = copying_score(samples, held_out)
    np.testing.assert_allclose(score.value, np.mean(pairs))
    assert (score.conditions["num_samples"], score.conditions["num_held_out"]) == (40, 30)


def test_copies_score_one_and_images_of_the_same_kind_a_half():
    """Checks the mean within five standard errors, and the error within 15 % of the spread."""
    rng = np.random.default_rng(2)
    assert copying_score(np.zeros(10), rng.uniform(1, 2, 20)).value == 1
    scores = [copying_score(rng.gamma(2, 1, 50), rng.gamma(2, 1, 80)) for _ in range(500)]
    values = np.array([score.value for score in scores])
    errors = np.array([score.standard_error for score in scores])
    assert abs(values.mean() - 0.5) < 5 * values.std() / np.sqrt(500)
    np.testing.assert_allclose(errors.mean(), values.std(), rtol=0.15)


@pytest.mark.parametrize("flip", [False, True])
def test_nearer_samples_score_higher(flip):
    near, far = np.arange(5.0), np.arange(5.0) + 3
    score = copying_score(far, near) if flip else copying_score(near, far)
    assert (score.value > 0.5) != flip
