"""Subfolders become classes, and labels of the records."""

import pytest
import tensorflow_datasets as tfds

from pipelines import datasets
from pipelines.folder import builder as folder
from tests.pipelines.folder.photos import fill

pytestmark = pytest.mark.usefixtures("one_pool")


def test_subfolders_are_classes_if_every_image_is_in_one(tmp_path, capsys):
    photos = tmp_path / "photos"
    for count, name in ((12, "cats"), (9, "dogs/of any age")):
        fill(photos / name, count, start=count)
    (photos / "dogs" / "note.txt").write_text("no image")
    records = folder.prepare(str(photos), str(tmp_path / "data"))
    assert "2 classes named after the subfolders" in capsys.readouterr().out
    builder = tfds.builder_from_directory(records)
    assert builder.info.features["label"].names == ["cats", "dogs"]
    found = {"cats": set(), "dogs": set()}
    decoders = {"image": tfds.decode.SkipDecoding()}
    for split in builder.info.splits:
        for example in builder.as_dataset(split, decoders=decoders).as_numpy_iterator():
            name = builder.info.features["label"].int2str(example["label"])
            found[name].add(bytes(example["image"]))
    for name, contents in found.items():
        assert contents == {path.read_bytes() for path in (photos / name).rglob("*.png")}


def test_subfolders_that_differ_are_different_classes(tmp_path):
    names = ["a\tb", "a\\tb", "\x1b[2J"]
    for number, name in enumerate(names):
        fill(tmp_path / "photos" / name, 3, start=3 * number)
    records = folder.prepare(str(tmp_path / "photos"), str(tmp_path / "data"))
    found = tfds.builder_from_directory(records).info.features["label"].names
    assert set(found) == {r"a\tb", r"a\\tb", r"\x1b[2J"}


@pytest.mark.parametrize("places", [("album",), ("album", "."), (".",)])
def test_other_folders_have_no_classes(places, tmp_path):
    for number, place in enumerate(places):
        fill(tmp_path / "photos" / place, 3, start=3 * number)
    records = folder.prepare(str(tmp_path / "photos"), str(tmp_path / "data"))
    assert list(tfds.builder_from_directory(records).info.features) == ["image"]


def test_labels_do_not_change_the_fingerprint(tmp_path, monkeypatch):
    """A run that was trained before its records had labels resumes with them."""
    for name in "ab":
        fill(tmp_path / "photos" / name, 5, start=5 * ord(name))
    options = {"data_dir": str(tmp_path / "data"), "image_folder": str(tmp_path / "photos")}
    with monkeypatch.context() as patch:
        patch.setattr(folder.FolderScan, "classes", [])
        before = datasets.open_dataset("folder", **options)
    assert before.num_classes is None
    del before.__dict__["reading"]  # so that the records may be replaced
    after = datasets.open_dataset("folder", **options, overwrite=True)
    assert after.num_classes == 2
    assert after.fingerprint == before.fingerprint
