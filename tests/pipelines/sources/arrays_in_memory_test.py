"""Arrays in memory are read like the arrays of a file."""

import hashlib

import numpy as np
import pytest

from pipelines import datasets
from pipelines.batches import evaluation_batches, stored_labels, training_batches
from pipelines.sources.arrays_in_memory import WHOLE, open_array

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 8, 12, 3), np.uint8)
LABELS = ["a", "b", ""] * 10


def images_of(dataset, split="train", size=8):
    batches = evaluation_batches(dataset, split, image_size=size, batch_size=7)
    return np.concatenate(list(batches.as_numpy_iterator()))


def in_one_order(images):
    return sorted(image.tobytes() for image in images)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_images_and_labels_are_those_of_a_file(fit, data_dir, tmp_path):
    np.savez(tmp_path / "x.npz", images=IMAGES, labels=LABELS)
    stored = datasets.open_dataset("array", data_dir=data_dir, array=str(tmp_path / "x.npz"))
    found = [each.with_fit(fit) for each in (open_array(IMAGES, LABELS), stored)]
    for split in ("train", "validation"):
        assert len({dataset.num_images(split) for dataset in found}) == 1
    of_memory, of_file = (
        in_one_order([*images_of(each), *images_of(each, "validation")]) for each in found
    )
    assert of_memory == of_file
    assert found[0].class_names == found[1].class_names == ("a", "b")
    counts = [np.bincount(1 + stored_labels(each, "train")).sum() for each in found]
    assert counts[0] == counts[1]


def test_a_tenth_is_held_out_by_the_hash_of_the_place():
    square = IMAGES[:, :, 2:10]
    order = sorted(range(30), key=lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    dataset = open_array(square, LABELS)
    held_out = images_of(dataset, "validation")
    np.testing.assert_array_equal(held_out, np.float32(square[order[27:]]) / 127.5 - 1)
    np.testing.assert_array_equal(images_of(dataset, WHOLE), np.float32(square) / 127.5 - 1)
    assert stored_labels(dataset, "validation").tolist() == [
        {"a": 0, "b": 1, "": -1}[LABELS[place]] for place in order[27:]
    ]


def test_an_epoch_has_each_training_image_once():
    dataset = open_array(IMAGES)
    batches = training_batches(dataset, image_size=8, batch_size=9, seed=0, cache="none")
    epoch = np.concatenate(list(batches.take(3).as_numpy_iterator()))
    assert in_one_order(epoch) == in_one_order(images_of(dataset))


def test_the_fingerprint_is_of_type_shape_content_and_labels():
    small = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 8, 8)
    arrays = [small, small.astype(np.int32), small.reshape(2, 4, 16), 1 + small]
    prints = [open_array(each).fingerprint for each in arrays]
    prints += [open_array(small, labels).fingerprint for labels in ([0, 1], [1, 0])]
    assert len(set(prints)) == 6
    assert prints[0] == open_array(small[..., np.newaxis].copy()).fingerprint


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_numbers_from_0_to_1_of_any_channels_are_levels(channels):
    images = np.random.default_rng(0).random((5, 8, 8, channels))
    found = images_of(open_array(images), WHOLE)
    expected = np.round(255 * images) / 127.5 - 1
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_only_python_has_the_array():
    for open_data in (
        lambda: datasets.open_dataset("memory", data_dir="data"),
        lambda: datasets.reopen_dataset("memory", "", {}, data_dir="data"),
    ):
        with pytest.raises(datasets.UserError, match="an array in memory, which no command has"):
            open_data()
