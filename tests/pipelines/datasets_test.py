"""Data sets by name: opening them and reading their images."""

import io
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from sklearn.datasets import load_digits

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import evaluation_batches, training_batches
from pipelines.images import transforms
from tests.tfds_records import noise, take, write_records


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
        batches = evaluation_batches(digits, split, image_size=8, batch_size=297, with_labels=True)
        for pixels, label in batches:
            found.extend(image.tobytes() for image in transforms.unscale(pixels).numpy())
            labels.extend(label.numpy())
    assert set(zip(found, labels, strict=True)) == expected
    assert len(found) == 1797
    # Stratified: every class has its share of 297 in 1,797, up to one image.
    shares = np.bincount(labels[1500:], minlength=10) - np.bincount(source.target) * 297 / 1797
    assert np.abs(shares).max() <= 1


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
    # Black except the central 140 pixels, which are white: only these are kept.
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
    pixels = take(training_batches(dataset, batch_size=3, seed=0), 1)
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
                evaluation_batches(
                    dataset, "train", image_size=shape[0], batch_size=7, with_labels=True
                )
            )
        )
        np.testing.assert_array_equal(transforms.unscale(found), pixels[labels.numpy()])


def test_a_data_set_of_one_split_holds_out_its_last_tenth(tmp_path):
    version = str(tfds.builder("stanford_dogs", data_dir=str(tmp_path)).version)
    features = {"image": tfds.features.Image(shape=(4, 4, 3))}
    examples = [{"image": image} for image in noise(25, 4, 4, 3)]
    write_records("stanford_dogs", version, features, {"train": examples}, str(tmp_path))
    dataset = datasets.open_dataset("stanford_dogs", data_dir=str(tmp_path))
    assert (dataset.num_images("train"), dataset.num_images("validation")) == (23, 2)
    read = {
        split: take(evaluation_batches(dataset, split, image_size=4, batch_size=1), 25)
        for split in ("train", "validation")
    }
    together = transforms.unscale(np.concatenate([read["train"], read["validation"]])).numpy()
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
    found = take(evaluation_batches(dataset, "train", image_size=20, batch_size=1), 12)
    # The largest central square of a wide image is kept.
    names = [tmp_path / f"photos/{index}.png" for index in range(12)]
    squares = {
        np.asarray(Image.open(name))[:, (index + 10) // 2 : (index + 10) // 2 + 20].tobytes()
        for index, name in enumerate(names)
    }
    assert {image.tobytes() for image in transforms.unscale(found).numpy()} <= squares
    copy = shutil.copytree(tmp_path / "photos", tmp_path / "copy")
    again = datasets.open_dataset("folder", data_dir=str(tmp_path), image_folder=str(copy))
    assert again.fingerprint == dataset.fingerprint


_FLAGS = {"folder": "--image_folder", "array": "--array"}


@pytest.mark.parametrize(
    ("name", "flags", "options", "message"),
    [
        ("folder", _FLAGS, {}, "the records of the run in {} are gone; give --image_folder or --d"),
        ("array", _FLAGS, {}, "the records of the run in {} are gone; give --array or --data_dir"),
        ("array", {"folder": "--training_folder"}, {}, "{} are gone; give --data_dir$"),
        ("folder", {"folder": "--training_folder"}, {}, "gone; give --training_folder or --data"),
        ("mnist", _FLAGS, {"image_folder": "x"}, "--image_folder=x: the data of the run are mnist"),
    ],
)
def test_records_that_are_gone_are_named_with_the_flags_of_the_command(
    name, flags, options, message, tmp_path
):
    records = str(tmp_path / "gone" / name / "x_0123" / "1.0.0")
    with pytest.raises(UserError, match=message.format(records)) as caught:
        datasets.reopen_dataset(name, records, flags, data_dir=str(tmp_path), **options)
    assert "--dataset" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("is_moved", [False, True])
def test_records_are_found_where_they_were_or_in_a_moved_data_dir(is_moved, tmp_path):
    np.save(tmp_path / "x.npy", noise(12, 8, 8, 1))
    array = str(tmp_path / "x.npy")
    first = datasets.open_dataset("array", data_dir=str(tmp_path / "data"), array=array)
    data_dir = tmp_path / "data"
    if is_moved:
        data_dir = data_dir.rename(tmp_path / "moved")
    (tmp_path / "x.npy").unlink()
    again = datasets.reopen_dataset(
        "array", str(first.builder.data_dir), _FLAGS, data_dir=str(data_dir)
    )
    assert again.fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mnits", {}, "--dataset=mnits is none of .* and the data sets of TFDS; did you mean"),
        ("diggits", {}, "did you mean digits"),
        ("ag_news_subset", {}, "has no images of 8 bits with 1 or 3 channels; it has .*title"),
        ("folder", {}, "--dataset=folder needs --image_folder"),
        ("array", {}, "--dataset=array needs --array"),
        ("mnist", {"array": "x.npy"}, "--array=x.npy needs --dataset=array"),
        ("mnist", {"image_folder": "x"}, "--image_folder=x needs --dataset=folder"),
        ("mnist", {"manual_dir": "/nowhere"}, "--manual_dir=/nowhere is not a folder"),
        ("digits", {"data_dir": "/dev/null/data"}, "/dev/null/data.* a part of the path is not"),
    ],
)
def test_wrong_names_and_places_are_one_line(tmp_path, name, options, message):
    with pytest.raises(UserError, match=message) as caught:
        datasets.open_dataset(name, **{"data_dir": str(tmp_path), **options})
    assert "\n" not in str(caught.value)


def test_records_may_be_in_the_home_folder(tmp_path, monkeypatch):
    """TFDS alone reads the description there, and writes to a folder of the name ~."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    dataset = datasets.open_dataset("digits", data_dir="~/data")
    assert dataset.builder.data_dir == str(tmp_path / "home/data/digits/1.0.0")
    np.save(tmp_path / "home/x.npy", noise(3, 8, 1, seed=0)[np.newaxis].repeat(4, 0))
    datasets.open_dataset("array", data_dir="~/data", array="~/x.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_records_that_cannot_be_found_are_not_prepared_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.catalog, "prepare", lambda *_, **__: tmp_path / "gone")
    with pytest.raises(UserError, match="gone was replaced 10 times while it was opened"):
        datasets.open_dataset("digits", data_dir="data")


def test_what_exists_needs_neither_original_files_nor_a_writable_place(data_dir, digits):
    written = sorted(pathlib.Path(data_dir).rglob("*"))
    times = [path.stat().st_mtime_ns for path in written]
    assert datasets.open_dataset("digits", data_dir=data_dir).fingerprint == digits.fingerprint
    assert sorted(pathlib.Path(data_dir).rglob("*")) == written
    assert [path.stat().st_mtime_ns for path in written] == times
