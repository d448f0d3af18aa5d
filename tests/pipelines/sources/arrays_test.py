"""Images of NumPy files, as training and evaluation read them."""

import io
import re
import zipfile

import numpy as np
import pytest

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.sources import arrays
from pipelines.workers import memory

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (40, 16, 16), np.uint8)
COLOR = RANDOM.integers(0, 256, (40, 16, 12, 3), np.uint8)


def opened(path, data_dir, content, **others):
    if others:
        np.savez(path, images=content, **others)
    else:
        np.save(path, content)
    return datasets.open_dataset("array", data_dir=str(data_dir), array=str(path))


def all_images(dataset):
    """Returns the images of both splits, in the order of their bytes."""
    examples = dataset.builder.as_dataset(split="train").as_numpy_iterator()
    return sorted(example["image"].tobytes() for example in examples)


@pytest.mark.parametrize("content", [GRAY, GRAY[..., np.newaxis], COLOR], ids=["3", "1", "color"])
def test_all_images_are_recorded_as_they_are(tmp_path, content):
    dataset = opened(tmp_path / "x.npy", tmp_path / "data", content)
    assert dataset.channels == (3 if content is COLOR else 1)
    assert [dataset.num_images(split) for split in ("train", "validation")] == [36, 4]
    assert all_images(dataset) == sorted(image.tobytes() for image in content)
    assert dataset.num_classes is None


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_numbers_from_0_to_1_become_levels(tmp_path, dtype):
    dataset = opened(tmp_path / "x.npy", tmp_path / "data", (GRAY / 255).astype(dtype))
    assert all_images(dataset) == sorted(image.tobytes() for image in GRAY)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rounding_of_resized_numbers_is_not_an_error(tmp_path, dtype):
    """A number less than half a level below 0 or above 1 is the level 0 or 255."""
    numbers = (GRAY / 255).astype(dtype)
    numbers[0, 0] = np.nextafter(dtype(1), dtype(2))
    numbers[0, 1] = 1 + 0.4 / 255
    numbers[0, 2] = -1e-9
    numbers[0, 3] = -0.4 / 255
    dataset = opened(tmp_path / "x.npy", tmp_path / "data", numbers)
    levels = GRAY.copy()
    levels[0, :2], levels[0, 2:4] = 255, 0
    assert all_images(dataset) == sorted(image.tobytes() for image in levels)


def test_wider_integers_are_levels(tmp_path):
    dataset = opened(tmp_path / "x.npy", tmp_path / "data", GRAY.astype(np.int64))
    assert all_images(dataset) == sorted(image.tobytes() for image in GRAY)


def test_labels_are_classes(tmp_path):
    labels = np.arange(40) % 12
    dataset = opened(tmp_path / "x.npz", tmp_path / "data", GRAY, labels=labels)
    feature = dataset.builder.info.features["label"]
    assert feature.names == [str(label) for label in range(12)]
    found = {
        example["image"].tobytes(): feature.int2str(int(example["label"]))
        for example in dataset.builder.as_dataset(split="train").as_numpy_iterator()
    }
    assert found == {image.tobytes(): str(label) for image, label in zip(GRAY, labels, strict=True)}


@pytest.mark.parametrize("kind", ["S", "U"])
def test_names_are_classes_and_the_empty_one_is_none(tmp_path, kind):
    labels = np.array(["dog", "cat", "", "ÿ".encode() if kind == "S" else "ÿ"] * 10, kind)
    dataset = opened(tmp_path / "x.npz", tmp_path / "data", GRAY, labels=labels)
    names = dataset.class_names
    assert names == ("cat", "dog", "ÿ")
    found = [
        names[example["label"]] if example["label"] >= 0 else ""
        for example in dataset.builder.as_dataset(split="train").as_numpy_iterator()
    ]
    assert sorted(found) == sorted(["dog", "cat", "", "ÿ"] * 10)


def test_names_of_all_scripts_are_classes(tmp_path):
    names = ("10\xa0000", "می\u200cخواهم", "猫\u3000犬")
    dataset = opened(tmp_path / "x.npz", tmp_path / "data", GRAY[:39], labels=np.repeat(names, 13))
    assert dataset.class_names == names


@pytest.mark.parametrize("name", [" dog", " ", "cat\u3000", "a\nb", "a\u2028b", b"a\xff"])
def test_names_that_tfds_would_change_are_one_line(tmp_path, name):
    with pytest.raises(UserError, match=r"cannot be stored: .*; rename these labels"):
        opened(tmp_path / "x.npz", tmp_path / "data", GRAY, labels=np.array([name, name[:0]] * 20))


def test_a_damaged_file_is_one_line(tmp_path):
    """Each byte of the header changed, and some of a compressed file."""
    np.save(tmp_path / "x.npy", GRAY)
    np.savez_compressed(tmp_path / "x.npz", images=GRAY)
    for name, places in (("x.npy", range(128)), ("x.npz", range(0, 3000, 37))):
        whole = (tmp_path / name).read_bytes()
        for place in places:
            damaged = bytearray(whole)
            damaged[place] ^= 4
            (tmp_path / name).write_bytes(damaged)
            try:
                arrays.read(tmp_path / name)
            except UserError as error:
                assert "\n" not in str(error)


def test_a_changed_file_is_recorded_again(tmp_path, capsys):
    first = opened(tmp_path / "x.npy", tmp_path / "data", GRAY)
    assert first.fingerprint == opened(tmp_path / "y.npy", tmp_path / "data", GRAY).fingerprint
    capsys.readouterr()
    datasets.open_dataset("array", data_dir=str(tmp_path / "data"), array=str(tmp_path / "x.npy"))
    assert capsys.readouterr().out == ""
    fingerprint = first.fingerprint
    del first  # Records that are read are not replaced.
    changed = opened(tmp_path / "x.npy", tmp_path / "data", 255 - GRAY)
    assert changed.fingerprint != fingerprint
    assert "has changed since its records were written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (np.zeros((4, 3, 8, 8), np.uint8), "np.moveaxis"),
        (np.zeros(8, np.uint8), r"has shape \(8,\); expected"),
        (np.zeros((1, 8, 8), np.uint8), "expected at least two images"),
        (np.zeros((4, 0, 8), np.uint8), "expected at least two images"),
        (np.full((4, 8, 8), 256), "levels from 256 to 256; expected 0 to 255 for int64"),
        (np.ones((4, 8, 8), np.uint8), "nearly black, with levels of at most 1 of 255; expected"),
        (np.full((4, 8, 8), 16), "nearly black, with levels of at most 16 of 255; expected"),
        (np.full((4, 8, 8), 1 / 255), "with levels of at most 1 of 255; .* 0 to 1 for float64"),
        (np.full((4, 8, 8), -1.0), "levels from -1.0 to -1.0; expected 0 to 1 for float64"),
        (np.full((4, 8, 8), 1.01), "levels from 1.01 to 1.01; expected 0 to 1 for float64"),
        (np.full((4, 8, 8), np.float32(1.01)), "from 1.01 to 1.01; expected 0 to 1 for float32"),
        (np.full((4, 8, 8), 10_000_001), "levels from 10000001 to 10000001; expected 0 to 255"),
        (np.full((4, 8, 8), np.nan), "levels from nan"),
        (np.full((4, 8, 8), "x"), "expected numbers"),
        (np.full((4, 8, 8), None), "is not a NumPy file of numbers"),
    ],
)
def test_other_arrays_are_one_line(tmp_path, content, expected):
    with pytest.raises(UserError, match=expected) as error:
        opened(tmp_path / "x.npy", tmp_path / "data", content)
    assert "\n" not in str(error.value)
    assert not list((tmp_path / "data").rglob("*.tfrecord*"))


def test_other_files_are_one_line(tmp_path):
    for name, content in (("x.npy", b"no array"), ("y.npz", b"PK\x03\x04"), ("z.npy", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="is not a NumPy file of numbers"):
            datasets.open_dataset("array", data_dir=str(tmp_path), array=str(tmp_path / name))
    np.savez(tmp_path / "x.npz", pictures=GRAY)
    with pytest.raises(UserError, match="has pictures; expected images and perhaps labels, as np"):
        datasets.open_dataset("array", data_dir=str(tmp_path), array=str(tmp_path / "x.npz"))


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        (np.zeros(39, int), ""),
        (np.zeros((40, 1), int), "; use labels[:, 0]"),
        (np.eye(40), "; use labels.argmax(1)"),
        (np.zeros(40), ""),
        (np.zeros(40, bool), ""),
    ],
)
def test_labels_that_are_not_one_each_are_one_line(tmp_path, labels, hint):
    expected = re.escape(f"one integer or string for each of the 40 images{hint}") + "$"
    with pytest.raises(UserError, match=expected):
        opened(tmp_path / "y.npz", tmp_path, GRAY, labels=labels)


@pytest.mark.parametrize("content", [b"text", b"", b"\x93NUMPX\1\0"])
def test_entries_that_are_not_arrays_are_one_line(tmp_path, content):
    images = io.BytesIO()
    np.save(images, GRAY)
    for name, others in (("images", {}), ("labels", {"images.npy": images.getvalue()})):
        for entry in (name, f"{name}.npy"):
            with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
                for other, whole in others.items():
                    archive.writestr(other, whole)
                archive.writestr(entry, content)
            with pytest.raises(UserError, match=f"has an entry {name} that is not an array"):
                arrays.read(tmp_path / "x.npz")


def test_an_archive_that_expands_to_more_than_the_memory_is_not_read(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "x.npz", images=np.zeros((2, 1000, 1000), np.uint8))
    monkeypatch.setattr(memory, "free_memory", lambda: 1_000_000)
    with pytest.raises(UserError, match="bytes when it is expanded, more than the free memory"):
        arrays.read(tmp_path / "x.npz")
