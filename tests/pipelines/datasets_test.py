import io
import pathlib
import shutil
import subprocess
import sys
import time
import types
import unittest.mock

import numpy as np
import psutil
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image
from sklearn.datasets import load_digits

from pipelines import datasets, images
from pipelines.errors import UserError
from tests.tfds_records import write_records


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def digits(data_dir):
    return datasets.open_dataset("digits", data_dir=data_dir)


def open_small(data_dir):
    """120 images of noise under the name of a data set of TFDS."""
    version = str(tfds.builder("mnist", data_dir=data_dir).version)
    features = {
        "image": tfds.features.Image(shape=(8, 8, 1)),
        "label": tfds.features.ClassLabel(num_classes=10),
    }
    examples = [{"image": image, "label": 0} for image in noise(120, 8, 8, 1)]
    write_records("mnist", version, features, {"train": examples, "test": examples[:37]}, data_dir)
    return datasets.open_dataset("mnist", data_dir=data_dir)


@pytest.fixture(scope="module")
def small(data_dir):
    return open_small(data_dir)


def take(dataset, count):
    return np.stack(list(dataset.take(count).as_numpy_iterator()))


def epochs(dataset, count, **options):
    """The batches of the first epochs, (epoch, batch, image, height, width, channel)."""
    options = {"image_size": 8, "batch_size": 8, "seed": 3} | options
    batches = take(datasets.training_batches(dataset, **options), 15 * count)
    return batches.reshape(count, 15, *batches.shape[1:])


def as_set(pixels):
    return sorted(image.tobytes() for image in pixels.reshape(-1, 8 * 8))


def test_digits_are_those_of_scikit_learn(digits):
    assert (digits.name, digits.channels, digits.num_classes, digits.crop) == (
        "digits",
        1,
        10,
        None,
    )
    assert (digits.num_images("train"), digits.num_images("validation")) == (1500, 297)
    source = load_digits()
    expected = {
        (np.round(image * 255 / 16).astype(np.uint8).tobytes(), label)
        for image, label in zip(source.images, source.target, strict=True)
    }
    found, labels = [], []
    for split in ("train", "validation"):
        batches = datasets.evaluation_batches(
            digits, split, image_size=8, batch_size=297, with_labels=True
        )
        for pixels, label in batches:
            found.extend(image.tobytes() for image in images.unscale(pixels).numpy())
            labels.extend(label.numpy())
    assert set(zip(found, labels, strict=True)) == expected
    assert len(found) == 1797
    # Stratified: every class has its share of 297 in 1,797, to within one image.
    shares = np.bincount(labels[1500:], minlength=10) - np.bincount(source.target) * 297 / 1797
    assert np.abs(shares).max() <= 1


def test_training_batches_have_a_static_shape_and_range(digits):
    batches = datasets.training_batches(digits, batch_size=32, seed=0)
    assert batches.element_spec == tf.TensorSpec((32, 64, 64, 1), tf.float32)
    pixels = take(batches, 3)
    assert pixels.min() == -1 and pixels.max() == 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_batches_have_the_type_that_is_asked_for(digits, dtype):
    batches = datasets.training_batches(digits, batch_size=32, seed=0, dtype=dtype)
    assert batches.element_spec.dtype == dtype
    batches = datasets.evaluation_batches(digits, "train", batch_size=32, dtype=dtype)
    assert batches.element_spec.dtype == dtype


def test_an_epoch_holds_every_image_once_in_an_order_of_its_own(small):
    all_images = take(datasets.evaluation_batches(small, "train", image_size=8, batch_size=120), 1)
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
    assert not np.array_equal(epochs(small, 1, seed=4)[0], from_the_start[0])


def test_what_fills_no_batch_is_left_out_or_kept(small):
    options = {"image_size": 8, "batch_size": 80, "seed": 0}
    left_out = datasets.training_batches(small, **options)
    assert [len(batch) for batch in left_out.take(3)] == [80, 80, 80]
    kept = datasets.training_batches(small, **options, drop_remainder=False)
    assert [len(batch) for batch in kept.take(4)] == [80, 40, 80, 40]


def test_a_batch_larger_than_the_data_is_an_error(digits):
    with pytest.raises(UserError, match="--batch_size=1501 is more than the 1500 training images"):
        datasets.training_batches(digits, batch_size=1501, seed=0)


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_a_cache_serves_the_epochs_after_the_first(tmp_path, kind):
    dataset = open_small(str(tmp_path / "data"))
    cache = "memory" if kind == "memory" else str(tmp_path / "cache")
    options = {"image_size": 8, "batch_size": 8, "seed": 3}
    expected = epochs(dataset, 2)
    batches = datasets.training_batches(dataset, **options, cache=cache).as_numpy_iterator()
    first = np.stack([next(batches) for _ in range(15)])
    shutil.rmtree(tmp_path / "data")  # Nothing can be read from the records any more.
    second = np.stack([next(batches) for _ in range(15)])
    np.testing.assert_array_equal(np.stack([first, second]), expected)


def test_the_cache_is_chosen_by_size(small, monkeypatch):
    cache, reason = datasets.choose_cache(small, image_size=8)
    assert cache == "memory"
    assert reason.startswith("120 resized images are ")
    memory = types.SimpleNamespace(available=4 * 120 * 8 * 8)  # a byte more would do
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    cache, _ = datasets.choose_cache(small, image_size=8)
    assert cache == str(pathlib.Path(small.builder.data_dir).parent / "pixels")
    np.testing.assert_array_equal(epochs(small, 2, cache=cache), epochs(small, 2))
    assert list(pathlib.Path(cache).glob("*.uint8"))


def test_no_epoch_waits_for_its_shuffle_buffer(small):
    """Without a cache the next epoch's elements are read while one is used."""
    read = []

    def note(number):
        read.append(int(number))
        return number

    def noted(dataset, split, image_size, **options):
        del dataset, split, options
        pixels = tf.zeros((image_size, image_size, 1), tf.uint8)
        numbers = tf.data.Dataset.range(120).map(lambda n: tf.numpy_function(note, [n], tf.int64))
        return numbers.map(lambda n: {"image": pixels + tf.cast(n < 0, tf.uint8)})

    with unittest.mock.patch.object(datasets, "_resized", noted):
        options = {"image_size": 8, "batch_size": 1, "seed": 0, "shuffle_buffer": 10}
        batches = iter(datasets.training_batches(small, **options))
    next(batches)
    deadline = time.monotonic() + 30
    while read.count(0) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read.count(0) >= 2  # the next epoch's first one,
    assert read.count(119) == 0  # before this epoch's last one


def test_without_a_cache_every_epoch_reads_the_records(tmp_path):
    dataset = open_small(str(tmp_path))
    batches = datasets.training_batches(dataset, batch_size=120, seed=0).as_numpy_iterator()
    shutil.rmtree(tmp_path / "mnist")
    with pytest.raises(tf.errors.NotFoundError):
        next(batches)


def test_evaluation_keeps_the_order_and_the_remainder(small):
    def read(**options):
        batches = datasets.evaluation_batches(small, "validation", image_size=8, **options)
        return [batch.numpy() for batch in batches]

    by_ten = read(batch_size=10)
    assert [len(batch) for batch in by_ten] == [10, 10, 10, 7]
    np.testing.assert_array_equal(np.concatenate(by_ten), read(batch_size=37)[0])
    first = read(batch_size=10, num_images=15)
    assert [len(batch) for batch in first] == [10, 5]
    np.testing.assert_array_equal(np.concatenate(first), np.concatenate(by_ten)[:15])


def test_labels_of_a_data_set_without_labels_are_an_error(digits):
    without = datasets.ImageDataset(**{**vars(digits), "label_key": None})
    with pytest.raises(ValueError, match="has no labels"):
        datasets.evaluation_batches(without, "train", batch_size=2, with_labels=True)


def test_the_description_is_plain(digits, data_dir):
    assert digits.description == {
        "name": "digits",
        "full_name": "digits/1.0.0",
        "records": f"{data_dir}/digits/1.0.0",
        "fingerprint": digits.fingerprint,
        "channels": 1,
        "num_classes": 10,
        "crop": None,
        "splits": {"train": "train", "validation": "test"},
        "num_images": {"train": 1500, "validation": 297},
    }


def jpeg(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def test_celeb_a_is_cropped_to_its_center(tmp_path):
    # Black but for the central 140 pixels, which are white: all that is to be seen.
    face = np.zeros((218, 178, 3), np.uint8)
    face[39:179, 19:159] = 255
    examples = [{"image": jpeg(face), "attributes": {"Smiling": True}}] * 3
    features = tfds.builder("celeb_a", data_dir=str(tmp_path)).info.features
    features = {
        "image": features["image"],
        "attributes": tfds.features.FeaturesDict({"Smiling": features["attributes"]["Smiling"]}),
    }
    version = str(tfds.builder("celeb_a", data_dir=str(tmp_path)).version)
    splits = {"train": examples, "validation": examples[:2], "test": examples[:1]}
    write_records("celeb_a", version, features, splits, str(tmp_path))
    dataset = datasets.open_dataset("celeb_a", data_dir=str(tmp_path))
    assert (dataset.crop, dataset.channels, dataset.num_classes) == (140, 3, None)
    assert (dataset.num_images("train"), dataset.num_images("validation")) == (3, 2)
    pixels = take(datasets.training_batches(dataset, batch_size=3, seed=0), 1)
    assert pixels.shape == (1, 3, 64, 64, 3)
    assert pixels[..., 4:-4, 4:-4, :].min() > 0.9  # JPEG rings at the edge of the white.


def test_mnist_and_cifar10_are_read_whole(tmp_path):
    for name, shape in (("mnist", (28, 28, 1)), ("cifar10", (32, 32, 3))):
        builder = tfds.builder(name, data_dir=str(tmp_path))
        pixels = noise(7, *shape)
        features = {key: builder.info.features[key] for key in ("image", "label")}
        examples = [{"image": image, "label": index} for index, image in enumerate(pixels)]
        splits = {"train": examples, "test": examples[:3]}
        write_records(name, str(builder.version), features, splits, str(tmp_path))
        dataset = datasets.open_dataset(name, data_dir=str(tmp_path))
        assert (dataset.crop, dataset.channels, dataset.num_classes) == (None, shape[-1], 10)
        assert (dataset.num_images("train"), dataset.num_images("validation")) == (7, 3)
        found, labels = next(
            iter(
                datasets.evaluation_batches(
                    dataset, "train", image_size=shape[0], batch_size=7, with_labels=True
                )
            )
        )
        np.testing.assert_array_equal(images.unscale(found), pixels[labels.numpy()])


def test_a_data_set_of_one_split_holds_out_its_last_tenth(tmp_path):
    version = str(tfds.builder("stanford_dogs", data_dir=str(tmp_path)).version)
    features = {"image": tfds.features.Image(shape=(4, 4, 3))}
    examples = [{"image": image} for image in noise(25, 4, 4, 3)]
    write_records("stanford_dogs", version, features, {"train": examples}, str(tmp_path))
    dataset = datasets.open_dataset("stanford_dogs", data_dir=str(tmp_path))
    assert (dataset.num_images("train"), dataset.num_images("validation")) == (23, 2)
    read = {
        split: take(datasets.evaluation_batches(dataset, split, image_size=4, batch_size=1), 25)
        for split in ("train", "validation")
    }
    together = images.unscale(np.concatenate([read["train"], read["validation"]])).numpy()
    assert sorted(image.tobytes() for image in together) == sorted(
        example["image"].tobytes() for example in examples
    )


def test_the_fingerprint_tells_contents_apart(tmp_path):
    def fingerprint(data_dir, count, size):
        version = str(tfds.builder("mnist", data_dir=str(tmp_path)).version)
        features = {"image": tfds.features.Image(shape=(None, None, 1))}
        examples = [{"image": image} for image in noise(count, size, size, 1)]
        write_records("mnist", version, features, {"train": examples}, str(data_dir))
        return datasets.open_dataset("mnist", data_dir=str(data_dir)).fingerprint

    found = [
        fingerprint(tmp_path / str(k), *a) for k, a in enumerate([(9, 4), (9, 4), (8, 4), (9, 5)])
    ]
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_a_folder_is_a_data_set(tmp_path):
    (tmp_path / "photos").mkdir()
    for index in range(12):
        Image.fromarray(noise(20, 30 + index, 3, seed=index)).save(tmp_path / f"photos/{index}.png")
    dataset = datasets.open_dataset(
        "folder", data_dir=str(tmp_path / "data"), image_folder=str(tmp_path / "photos")
    )
    assert (dataset.channels, dataset.num_classes, dataset.crop) == (3, None, None)
    assert dataset.num_images("train") + dataset.num_images("validation") == 12
    found = take(datasets.evaluation_batches(dataset, "train", image_size=20, batch_size=1), 12)
    # Of an image wider than high, the largest central square is left.
    names = [tmp_path / f"photos/{index}.png" for index in range(12)]
    squares = {
        np.asarray(Image.open(name))[:, (index + 10) // 2 : (index + 10) // 2 + 20].tobytes()
        for index, name in enumerate(names)
    }
    assert {image.tobytes() for image in images.unscale(found).numpy()} <= squares
    copy = shutil.copytree(tmp_path / "photos", tmp_path / "copy")
    again = datasets.open_dataset("folder", data_dir=str(tmp_path), image_folder=str(copy))
    assert again.fingerprint == dataset.fingerprint


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mnits", {}, "--dataset=mnits is not digits, folder or a data set of TFDS; did you mean"),
        ("diggits", {}, "did you mean digits"),
        ("ag_news_subset", {}, "has no images of 8 bits with 1 or 3 channels; it has .*title"),
        ("folder", {}, "--dataset=folder needs --image_folder"),
        ("mnist", {"image_folder": "x"}, "--image_folder=x needs --dataset=folder"),
        ("mnist", {"manual_dir": "/nowhere"}, "--manual_dir=/nowhere is not a folder"),
        ("digits", {"data_dir": "/dev/null/data"}, "/dev/null/data.* a part of the path is not"),
    ],
)
def test_wrong_names_and_places_are_one_line(tmp_path, name, options, message):
    with pytest.raises(UserError, match=message) as caught:
        datasets.open_dataset(name, **{"data_dir": str(tmp_path), **options})
    assert "\n" not in str(caught.value)


def test_what_exists_needs_neither_original_files_nor_a_writable_place(data_dir, digits):
    written = sorted(pathlib.Path(data_dir).rglob("*"))
    times = [path.stat().st_mtime_ns for path in written]
    assert datasets.open_dataset("digits", data_dir=data_dir).fingerprint == digits.fingerprint
    assert sorted(pathlib.Path(data_dir).rglob("*")) == written
    assert [path.stat().st_mtime_ns for path in written] == times


def test_replicas_share_a_batch_out(data_dir, small):
    # In a process of its own: devices are set once, and one strategy a process.
    script = f"""
import numpy as np, tensorflow as tf
from pipelines import datasets
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
dataset = datasets.open_dataset("mnist", data_dir={data_dir!r})
batches = datasets.training_batches(
    dataset, image_size=8, batch_size=8, seed=3, cache="memory"
)
parts = []
for batch in strategy.experimental_distribute_dataset(batches):
    parts.append(np.stack([part.numpy() for part in strategy.experimental_local_results(batch)]))
    if len(parts) == 30:
        break
np.save({data_dir!r} + "/parts.npy", np.stack(parts))
"""
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=pathlib.Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    parts = np.load(f"{data_dir}/parts.npy")
    assert parts.shape == (30, 2, 4, 8, 8, 1)
    np.testing.assert_array_equal(parts.reshape(2, 15, 8, 8, 8, 1), epochs(small, 2))
