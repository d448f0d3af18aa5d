"""The choice of labeled images, and the place of their batches."""

import numpy as np
import pytest

from ivaae_tf.program.errors import UserError
from pipelines.labeled_batches import check_labels, labeled_batches, stratified
from pipelines.sources.arrays_in_memory import open_array

LABELS = np.array([0, 1, 2, -1] * 25)


@pytest.fixture(scope="module")
def dataset():
    """Images whose levels are their numbers, with three classes."""
    images = np.tile(np.arange(75, dtype=np.uint8)[:, None, None], (1, 4, 4))
    return open_array(images, np.arange(75) % 3)


def _batches(dataset, **options):
    options = {"num_labels": 9, "seed": 1, **options}
    return labeled_batches(dataset, image_size=4, batch_size=8, **options).as_numpy_iterator()


def test_labels_are_as_many_of_each_class_and_a_superset_of_fewer():
    some, more = (stratified(LABELS, number, seed=1) for number in (9, 31))
    np.testing.assert_array_equal(np.bincount(LABELS[some]), [3, 3, 3])
    np.testing.assert_array_equal(np.sort(np.bincount(LABELS[more])), [10, 10, 11])
    assert set(some) < set(more)
    assert not np.array_equal(some, stratified(LABELS, 9, seed=2))
    np.testing.assert_array_equal(stratified(LABELS, None, seed=1), np.flatnonzero(LABELS >= 0))


def test_a_rare_class_gives_all_that_it_has():
    labels = np.array([0] * 50 + [1] * 2)
    np.testing.assert_array_equal(np.bincount(labels[stratified(labels, 10, seed=0)]), [8, 2])


def test_a_batch_is_a_function_of_its_number(dataset):
    from_start, later = _batches(dataset), _batches(dataset, first_batch=3)
    for _ in range(3):
        next(from_start)
    for one, other in zip(next(from_start), next(later), strict=True):
        np.testing.assert_array_equal(one, other)


def test_images_have_their_own_labels_and_all_are_used(dataset):
    seen = set()
    for _, (images, labels) in zip(range(40), _batches(dataset), strict=False):
        levels = np.round((images[:, 0, 0, 0] + 1) * 127.5).astype(int)
        of_levels = levels % 3
        np.testing.assert_array_equal(labels, of_levels)
        seen |= set(levels.tolist())
    assert len(seen) == 9


@pytest.mark.parametrize(
    ("arguments", "expected"), [((4, None), "must be 3"), ((3, 2), "between 3, ")]
)
def test_numbers_that_do_not_fit_the_labels_are_refused(dataset, arguments, expected):
    with pytest.raises(UserError, match=expected):
        check_labels(dataset, *arguments)


def test_data_without_labels_are_refused():
    images = np.zeros((20, 4, 4)) + 0.5
    for labels in (None, [-1] * 20):
        with pytest.raises(UserError, match="no labels"):
            check_labels(open_array(images, labels), 3, None)
