"""Batches of images: their order, the epochs, the cache."""

import pathlib
import shutil
import time
import types
import unittest.mock

import numpy as np
import psutil
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import choose_cache, evaluation_batches, training_batches
from pipelines.images import transforms
from tests.mains import run
from tests.tfds_records import noise, open_small, take, write_records


def epochs(dataset, count, **options):
    """Returns the first epochs, (epoch, batch, image, height, width, channel)."""
    options = {"image_size": 8, "batch_size": 8, "seed": 3} | options
    batches = take(training_batches(dataset, **options), 15 * count)
    return batches.reshape(count, 15, *batches.shape[1:])


def as_set(pixels):
    return sorted(image.tobytes() for image in pixels.reshape(-1, 8 * 8))


def test_training_batches_have_a_static_shape_and_range(digits):
    batches = training_batches(digits, batch_size=32, seed=0)
    assert batches.element_spec == tf.TensorSpec((32, 64, 64, 1), tf.float32)
    pixels = take(batches, 3)
    assert pixels.min() == -1 and pixels.max() == 1


@pytest.mark.parametrize("image_size", [16, (8, 16)])
def test_images_of_one_size_are_cropped_and_resized_like_single_ones(image_size, tmp_path):
    version = str(tfds.builder("mnist", data_dir=tmp_path).version)
    features = {
        "image": tfds.features.Image(shape=(12, 9, 3)),
        "label": tfds.features.ClassLabel(num_classes=100),
    }
    stored = [{"image": image, "label": n} for n, image in enumerate(noise(70, 12, 9, 3))]
    write_records("mnist", version, features, {"train": stored}, tmp_path)
    dataset = datasets.open_dataset("mnist", data_dir=str(tmp_path))
    options = {"image_size": image_size, "batch_size": 63, "with_labels": True}
    batches = evaluation_batches(dataset, "train", **options)
    ratio = (1, 1) if image_size == 16 else image_size
    assert batches.element_spec[0].shape == (None, *np.multiply(ratio, 16 // ratio[1]), 3)
    assert batches.cardinality() == -(-dataset.num_images("train") // 63)
    (batch, labels) = next(iter(batches))
    for image, label in zip(batch, labels, strict=True):
        center = transforms.central_crop(tf.constant(stored[int(label)]["image"]), ratio=ratio)
        expected = transforms.scale(transforms.resize(center, image_size))
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_batches_have_the_type_that_is_asked_for(digits, dtype):
    batches = training_batches(digits, batch_size=32, seed=0, dtype=dtype)
    assert batches.element_spec.dtype == dtype
    batches = evaluation_batches(digits, "train", batch_size=32, dtype=dtype)
    assert batches.element_spec.dtype == dtype


def test_an_epoch_holds_every_image_once_in_an_order_of_its_own(small):
    all_images = take(evaluation_batches(small, "train", image_size=8, batch_size=120), 1)
    first, second = epochs(small, 2)
    assert as_set(first) == as_set(second) == as_set(all_images)
    assert not np.array_equal(first, second)


def test_the_order_is_a_function_of_seed_and_epoch_alone(small, tmp_path):
    tf.random.set_seed(1)
    from_the_start = epochs(small, 3)
    tf.random.set_seed(2)
    for cache in ("none", "memory", str(tmp_path)):
        resumed = epochs(small, 1, first_epoch=2, cache=cache)
        np.testing.assert_array_equal(resumed[0], from_the_start[2])
        in_epoch = epochs(small, 1, first_epoch=1, first_batch=4, cache=cache)
        expected = np.concatenate([from_the_start[1, 4:], from_the_start[2, :4]])
        np.testing.assert_array_equal(in_epoch[0], expected)
    assert not np.array_equal(epochs(small, 1, seed=4)[0], from_the_start[0])


def test_images_are_mirrored_as_a_function_of_seed_and_step(small, tmp_path):
    plain, mirrored = epochs(small, 3), epochs(small, 3, horizontal_flip=True)
    is_same = np.all(mirrored == plain, axis=(3, 4, 5))
    expected = np.where(is_same[..., None, None, None], plain, plain[:, :, :, :, ::-1])
    np.testing.assert_array_equal(mirrored, expected)
    # Of 360 images half are mirrored; within five standard deviations.
    assert abs(is_same.mean() - 0.5) < 5 * 0.5 / np.sqrt(is_same.size)
    for cache in ("none", "memory", str(tmp_path)):
        options = {"first_epoch": 1, "first_batch": 4, "cache": cache, "horizontal_flip": True}
        expected = np.concatenate([mirrored[1, 4:], mirrored[2, :4]])
        np.testing.assert_array_equal(epochs(small, 1, **options)[0], expected)
    assert not np.array_equal(epochs(small, 1, horizontal_flip=True, seed=4)[0], mirrored[0])


@pytest.mark.parametrize("stored_shape", [(8, 12, 3), (None, None, 3)])
def test_images_can_be_padded_or_stretched(stored_shape, tmp_path):
    """Padded images are their pixels with margins; stretched ones are Pillow's, within a level."""
    version = str(tfds.builder("mnist", data_dir=tmp_path).version)
    features = {
        "image": tfds.features.Image(shape=stored_shape),
        "label": tfds.features.ClassLabel(num_classes=20),
    }
    pixels = noise(20, 8, 12, 3)
    stored = [{"image": image, "label": number} for number, image in enumerate(pixels)]
    write_records("mnist", version, features, {"train": stored}, tmp_path)
    dataset = datasets.open_dataset("mnist", data_dir=str(tmp_path))

    def images_and_originals(fit):
        batches = evaluation_batches(
            dataset.with_fit(fit), "train", image_size=12, batch_size=20, with_labels=True
        )
        (batch, labels) = next(iter(batches))
        return transforms.unscale(batch).numpy(), pixels[labels]

    padded, originals = images_and_originals("pad")
    np.testing.assert_array_equal(padded[:, 2:10], originals)
    assert not padded[:, :2].any()
    assert not padded[:, 10:].any()
    for image, original in zip(*images_and_originals("stretch"), strict=True):
        expected = Image.fromarray(original).resize((12, 12), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(image, np.asarray(expected, int), atol=1)
    keys = {dataset.with_fit(fit).fingerprint for fit in ("crop", "pad", "stretch")}
    cropped = dataset.with_fit("crop", 4)
    assert len(keys | {cropped.fingerprint}) == 4
    batch, labels = next(
        iter(evaluation_batches(cropped, "train", image_size=4, batch_size=20, with_labels=True))
    )
    np.testing.assert_array_equal(
        transforms.unscale(batch).numpy(), pixels[labels.numpy(), 2:6, 4:8]
    )


def test_what_fills_no_batch_is_left_out_or_kept(small):
    options = {"image_size": 8, "batch_size": 80, "seed": 0}
    left_out = training_batches(small, **options)
    assert [len(batch) for batch in left_out.take(3)] == [80, 80, 80]
    kept = training_batches(small, **options, drop_remainder=False)
    assert [len(batch) for batch in kept.take(4)] == [80, 40, 80, 40]


def test_a_batch_larger_than_the_data_is_an_error(digits):
    with pytest.raises(UserError, match="--batch_size=1501 is more than the 1500 training images"):
        training_batches(digits, batch_size=1501, seed=0)


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_a_cache_serves_the_epochs_after_the_first(tmp_path, kind):
    dataset = open_small(str(tmp_path / "data"))
    cache = "memory" if kind == "memory" else str(tmp_path / "cache")
    options = {"image_size": 8, "batch_size": 8, "seed": 3}
    expected = epochs(dataset, 2)
    batches = training_batches(dataset, **options, cache=cache).as_numpy_iterator()
    first = np.stack([next(batches) for _ in range(15)])
    shutil.rmtree(tmp_path / "data")  # The records can no longer be read.
    second = np.stack([next(batches) for _ in range(15)])
    np.testing.assert_array_equal(np.stack([first, second]), expected)


def test_the_cache_is_chosen_by_size(small, monkeypatch):
    cache, reason = choose_cache(small, image_size=8)
    assert cache == "memory"
    assert reason.startswith("120 resized images are ")
    memory = types.SimpleNamespace(available=4 * 120 * 8 * 8)  # One more byte would be enough.
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    cache, _ = choose_cache(small, image_size=8)
    assert cache == str(pathlib.Path(small.builder.data_dir).parent / "pixels")
    np.testing.assert_array_equal(epochs(small, 2, cache=cache), epochs(small, 2))
    assert list(pathlib.Path(cache).glob("*.uint8"))


def test_no_epoch_waits_for_its_shuffle_buffer(small):
    """Without a cache, the next epoch's elements are read during an epoch."""
    read = []

    def note(number):
        read.append(int(number))
        return number

    def noted(dataset, split, image_size, **options):
        del dataset, split, options
        pixels = tf.zeros((image_size, image_size, 1), tf.uint8)
        numbers = tf.data.Dataset.range(120).map(lambda n: tf.numpy_function(note, [n], tf.int64))
        return numbers.map(lambda n: {"image": pixels + tf.cast(n < 0, tf.uint8)})

    with unittest.mock.patch("pipelines.batches.resized", noted):
        options = {"image_size": 8, "batch_size": 1, "seed": 0, "shuffle_buffer": 10}
        batches = iter(training_batches(small, **options))
    next(batches)
    deadline = time.monotonic() + 30
    while read.count(0) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read.count(0) >= 2  # The next epoch's first image is read
    assert read.count(119) == 0  # before this epoch's last one.


def test_without_a_cache_every_epoch_reads_the_records(tmp_path):
    dataset = open_small(str(tmp_path))
    batches = training_batches(dataset, batch_size=120, seed=0).as_numpy_iterator()
    shutil.rmtree(tmp_path / "mnist")
    with pytest.raises(tf.errors.NotFoundError):
        next(batches)


def test_evaluation_keeps_the_order_and_the_remainder(small):
    def read(**options):
        batches = evaluation_batches(small, "validation", image_size=8, **options)
        return [batch.numpy() for batch in batches]

    by_ten = read(batch_size=10)
    assert [len(batch) for batch in by_ten] == [10, 10, 10, 7]
    np.testing.assert_array_equal(np.concatenate(by_ten), read(batch_size=37)[0])
    first = read(batch_size=10, num_images=15)
    assert [len(batch) for batch in first] == [10, 5]
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(by_ten)[:15])


def test_labels_of_a_data_set_without_labels_are_an_error(digits):
    without = datasets.ImageDataset(**{**vars(digits), "label_key": None})
    with pytest.raises(ValueError, match="digits has no labels"):
        evaluation_batches(without, "train", batch_size=2, with_labels=True)


def test_replicas_share_a_batch_out(data_dir, small):
    # A process of its own, since devices can be set only once per process.
    script = f"""
import numpy as np, tensorflow as tf
from pipelines import datasets
from pipelines.batches import training_batches
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
dataset = datasets.open_dataset("mnist", data_dir={data_dir!r})
batches = training_batches(
    dataset, image_size=8, batch_size=8, seed=3, cache="memory"
)
parts = []
for batch in strategy.experimental_distribute_dataset(batches):
    parts.append(np.stack([part.numpy() for part in strategy.experimental_local_results(batch)]))
    if len(parts) == 30:
        break
np.save({data_dir!r} + "/parts.npy", np.stack(parts))
"""
    finished = run("tests.python_code", script)
    assert finished.returncode == 0, finished.stderr
    parts = np.load(f"{data_dir}/parts.npy")
    assert parts.shape == (30, 2, 4, 8, 8, 1)
    np.testing.assert_array_equal(parts.reshape(2, 15, 8, 8, 8, 1), epochs(small, 2))
