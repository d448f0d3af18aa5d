"""The usable images of a folder, and the subfolders that are classes."""

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.folder import builder

pytestmark = pytest.mark.usefixtures("one_pool")


def fill(folder, count=3):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        pixels = np.full((8, 8, 3), 20 * index + len(folder.name), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def prepare(tmp_path, **options):
    return builder.prepare(str(tmp_path / "photos"), str(tmp_path / "data"), **options)


def digest(records):
    return tfds.builder_from_directory(records).info.metadata["digest"]


def classes(records):
    features = tfds.builder_from_directory(records).info.features
    return features["label"].names if "label" in features else None


@pytest.mark.parametrize(
    ("subfolders", "named"),
    [
        (("cats", "cats ", "dogs"), "'cats '"),
        ((" ", "dogs"), "' '"),
        (("cat\xa0", "dogs"), "'cat\\xa0'"),
        (("cat\u3000", "\u2003dogs"), "'cat\\u3000', '\\u2003dogs'"),
    ],
)
def test_classes_whose_names_would_change_are_refused(tmp_path, subfolders, named):
    for name in subfolders:
        fill(tmp_path / "photos" / name)
    with pytest.raises(UserError) as caught:
        prepare(tmp_path)
    message = str(caught.value)
    assert f"--image_folder={tmp_path / 'photos'} has classes" in message
    assert f"cannot be stored: {named}; rename these subfolders" in message
    assert not list((tmp_path / "data").rglob("*.tfrecord*"))


def test_names_that_show_alike_are_different_classes(tmp_path):
    for name in ("a\tb", "a\\tb", "\x0b", "c\u2028"):
        fill(tmp_path / "photos" / name)
    found = classes(prepare(tmp_path))
    assert found == [r"\x0b", r"a\\tb", r"a\tb", r"c\u2028"]


def test_a_name_of_a_folder_that_is_no_class_may_be_any(tmp_path):
    fill(tmp_path / "photos" / "cats ")
    assert classes(prepare(tmp_path)) is None


@pytest.mark.parametrize("subfolders", [("cat", "cat "), (" ", "dog")])
def test_records_of_earlier_versions_do_not_name_the_wrong_class(tmp_path, subfolders, monkeypatch):
    for name in subfolders:
        fill(tmp_path / "photos" / name)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.folder.scan.check_class_names", lambda *_: None)
        records = prepare(tmp_path)
    dataset = datasets.open_records("folder", str(records))
    assert dataset.num_classes == 2  # the labels are right
    with pytest.raises(UserError, match=r"has 2 classes, but the names.*reports which to rename"):
        _ = dataset.class_names
    del dataset
    with pytest.raises(UserError, match="rename these subfolders"):
        prepare(tmp_path, overwrite=True)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (1, "0.png is in no subfolder, so there are no classes"),
        (3, "0.png and 2 more images are in no subfolder, so there are no classes"),
    ],
)
def test_images_beside_the_subfolders_are_said_to_remove_the_classes(
    tmp_path, number, line, capsys
):
    for name in "ab":
        fill(tmp_path / "photos" / name)
    fill(tmp_path / "photos", number)
    assert classes(prepare(tmp_path)) is None
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_other_folders_have_no_such_line(tmp_path, capsys):
    fill(tmp_path / "photos" / "album")
    fill(tmp_path / "photos")
    prepare(tmp_path)
    assert "no subfolder" not in capsys.readouterr().out


def test_what_is_hidden_is_left_out_with_a_line(tmp_path, capsys):
    for name in ("a", "b", ".ipynb_checkpoints", "a/@eaDir", "__MACOSX/a", "b/$RECYCLE.BIN"):
        fill(tmp_path / "photos" / name)
    (tmp_path / "photos" / "a" / "._0.png").write_bytes(b"\0\5\26\7")
    records = prepare(tmp_path)
    assert classes(records) == ["a", "b"]
    splits = tfds.builder_from_directory(records).info.splits
    assert sum(split.num_examples for split in splits.values()) == 6
    assert (records / builder.REFUSED_FILE).read_text() == ""
    line = (
        f"{tmp_path / 'photos'}: 5 hidden file(s) or folder(s) left out: .ipynb_checkpoints/, "
        "__MACOSX/, a/._0.png, a/@eaDir/, b/$RECYCLE.BIN/"
    )
    assert capsys.readouterr().out.splitlines()[0] == line
    prepare(tmp_path)
    assert capsys.readouterr().out.splitlines() == [line]
    (tmp_path / "photos" / "a" / ".DS_Store").touch()  # as a file manager does at any time
    prepare(tmp_path)
    assert "has changed" not in capsys.readouterr().out


@pytest.mark.parametrize("hidden", ["a/.DS_Store", "a/.0.png", ".c/0.png"])
def test_records_of_earlier_versions_are_prepared_again_once(tmp_path, capsys, monkeypatch, hidden):
    for name in "ab":
        fill(tmp_path / "photos" / name)
    place = tmp_path / "photos" / hidden
    place.parent.mkdir(exist_ok=True)
    is_image = hidden.endswith("png")
    place.write_bytes((tmp_path / "photos/a/1.png").read_bytes() if is_image else b"\0\0\0\1Bud1")
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.folder.listing._is_hidden", lambda name: False)
        earlier = digest(prepare(tmp_path))
    capsys.readouterr()
    records = prepare(tmp_path)
    assert "has changed" in capsys.readouterr().out
    assert (digest(records) == earlier) == (not is_image)  # Runs resume with the same images.
    splits = tfds.builder_from_directory(records).info.splits
    assert sum(split.num_examples for split in splits.values()) == 6
    prepare(tmp_path)
    assert "has changed" not in capsys.readouterr().out
