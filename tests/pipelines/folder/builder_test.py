import os
import socket
import time
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError
from pipelines.folder import builder as folder
from pipelines.folder import listing as folder_listing
from tests.mains import Main
from tests.pipelines.folder.photos import fill, stored

pytestmark = pytest.mark.usefixtures("one_pool")


def refused(records):
    lines = (records / folder.REFUSED_FILE).read_text().splitlines()
    return dict(line.split("\t") for line in lines)


def test_records_hold_the_bytes_of_the_files_at_any_depth(tmp_path, capsys):
    photos = fill(tmp_path / "photos", 12)
    fill(photos / "album" / "summer", 12, start=12)
    records = folder.prepare(str(photos), str(tmp_path / "data"))
    splits = stored(records)
    assert splits["train"] | splits["validation"] == {p.read_bytes() for p in photos.rglob("*.png")}
    assert not splits["train"] & splits["validation"]
    assert refused(records) == {}
    counts = f"{len(splits['train'])} train, {len(splits['validation'])} validation images"
    assert capsys.readouterr().out == f"{photos}: {counts} with 3 channel(s); no file refused\n"


def test_a_hostile_folder_is_refused_file_by_file(tmp_path, capsys):
    photos = fill(tmp_path / "photos", 5)
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("text")
    (photos / "tab\tand\nnewline.jpg").write_text("text")
    (photos / "=1+1\x1b\x85\u2028.jpg").touch()
    Path(os.fsdecode(os.fsencode(photos) + b"/latin\xe9.jpg")).write_text("text")
    Path(os.fsdecode(os.fsencode(photos) + b"/good\xe9.png")).write_bytes(
        (photos / "000.png").read_bytes()
    )
    os.mkfifo(photos / "fifo.jpg")
    (photos / "loop").symlink_to(photos)
    (photos / "circle.jpg").symlink_to("circle.jpg")
    (photos / "nowhere.jpg").symlink_to("missing.jpg")
    (photos / "endless.jpg").symlink_to("/dev/zero")
    (photos / "link.png").symlink_to("001.png")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(os.path.relpath(photos / "socket.jpg"))
    records = folder.prepare(str(photos), str(tmp_path / "data"))
    listening.close()
    assert refused(records) == {
        "empty.jpg": "empty file",
        "'=1+1\\x1b\\u0085\\u2028.jpg": "empty file",  # no formula, one line, no escape sequence
        "text.jpg": "not a JPEG, PNG, GIF, BMP, WebP or TIFF image",
        "tab\\tand\\nnewline.jpg": "not a JPEG, PNG, GIF, BMP, WebP or TIFF image",
        "latin\\xe9.jpg": "not a JPEG, PNG, GIF, BMP, WebP or TIFF image",
        "fifo.jpg": "not a regular file",
        "loop": "a link to a folder: not followed",
        "circle.jpg": "Too many levels of symbolic links",
        "nowhere.jpg": "No such file or directory",
        "endless.jpg": "not a regular file",
        "socket.jpg": "not a regular file",
    }
    # Five images, a copy with an odd name, and a link to another.
    info = tfds.builder_from_directory(records).info
    assert sum(split.num_examples for split in info.splits.values()) == 7
    assert f"11 file(s) refused, listed in {records / 'refused.tsv'}" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_refused(tmp_path):
    photos = fill(tmp_path / "photos", 4)
    (photos / "000.png").chmod(0)
    fill(photos / "locked", 1).chmod(0)
    records = folder.prepare(str(photos), str(tmp_path / "data"))
    (photos / "locked").chmod(0o700)
    assert refused(records) == {"000.png": "Permission denied", "locked": "Permission denied"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist; expected a folder of images"),
        (lambda path: path.touch(), "is not a folder; expected a folder of images"),
        (lambda path: path.mkdir(), "is empty; expected images in it"),
        (lambda path: (path / "empty").mkdir(parents=True), "is empty; expected images in it"),
        (lambda path: fill(path, 1), "holds 1 usable image.*at least 2"),
        (
            lambda path: (path.mkdir(), (path / "a").touch(), (path / "b").write_text("b")),
            "holds 0 usable image.*refused 2: 1 × empty file; 1 × not a JPEG",
        ),
    ],
)
def test_a_folder_without_enough_images_is_an_error_and_leaves_no_records(tmp_path, make, message):
    make(tmp_path / "photos")
    with pytest.raises(UserError, match=message):
        folder.prepare(str(tmp_path / "photos"), str(tmp_path / "data"))
    assert not list((tmp_path / "data").rglob("*.tfrecord*"))


def test_an_image_stays_in_its_split_when_others_come(tmp_path):
    photos = fill(tmp_path / "photos", 60)
    before = stored(folder.prepare(str(photos), str(tmp_path / "data")))
    fill(photos, 140, start=60)
    after = stored(folder.prepare(str(photos), str(tmp_path / "data")))
    assert before["validation"] < after["validation"]
    assert before["train"] < after["train"]
    # 200 draws at .1: four standard deviations are 17.
    assert abs(len(after["validation"]) - 20) <= 17


def test_two_images_suffice(tmp_path):
    splits = stored(folder.prepare(str(fill(tmp_path / "photos", 2)), str(tmp_path / "data")))
    assert {split: len(images) for split, images in splits.items()} == {"train": 1, "validation": 1}


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3)])
def test_one_image_in_color_makes_all_of_them_so(tmp_path, mode, channels):
    photos = fill(tmp_path / "photos", 3, mode="L")
    fill(photos, 1, start=3, mode=mode)
    records = folder.prepare(str(photos), str(tmp_path / "data"))
    features = tfds.builder_from_directory(records).info.features
    assert features["image"].shape == (None, None, channels)


def test_records_of_an_unchanged_folder_are_used_again(tmp_path, capsys, monkeypatch):
    photos, data = fill(tmp_path / "photos", 4), tmp_path / "data"
    records = folder.prepare(str(photos), str(data))
    written = {path.name: path.stat().st_mtime_ns for path in records.iterdir()}
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    assert folder.prepare("photos/", str(data)) == records
    assert {path.name: path.stat().st_mtime_ns for path in records.iterdir()} == written
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("change", ["add", "remove", "replace"])
def test_a_changed_folder_is_prepared_again(tmp_path, capsys, change):
    photos, data = fill(tmp_path / "photos", 6), tmp_path / "data"
    before = folder.prepare(str(photos), str(data))
    digest = tfds.builder_from_directory(before).info.metadata["digest"]
    if change == "add":
        fill(photos, 1, start=6)
    elif change == "remove":
        (photos / "003.png").unlink()
    else:
        (photos / "003.png").write_bytes((photos / "004.png").read_bytes())
    capsys.readouterr()
    records = folder.prepare(str(photos), str(data))
    assert "has changed since its records were written" in capsys.readouterr().out
    splits = stored(records)
    assert splits["train"] | splits["validation"] == {p.read_bytes() for p in photos.iterdir()}
    assert tfds.builder_from_directory(records).info.metadata["digest"] != digest


def test_a_touched_file_changes_no_content(tmp_path):
    photos, data = fill(tmp_path / "photos", 3), tmp_path / "data"
    before = tfds.builder_from_directory(folder.prepare(str(photos), str(data))).info.metadata
    os.utime(photos / "000.png", (1, 1))
    after = tfds.builder_from_directory(folder.prepare(str(photos), str(data))).info.metadata
    assert before["digest"] == after["digest"]
    assert before["listing"] != after["listing"]


def test_folders_of_the_same_name_have_records_of_their_own(tmp_path):
    first = folder.prepare(str(fill(tmp_path / "a" / "photos", 3)), str(tmp_path / "data"))
    second = folder.prepare(str(fill(tmp_path / "b" / "photos", 3, 3)), str(tmp_path / "data"))
    assert first != second
    assert stored(first) != stored(second)


def test_folders_that_are_excluded_are_not_data(tmp_path):
    photos = fill(tmp_path / "photos", 3)
    listing = folder_listing.list_folder(str(photos)).fingerprint
    run = fill(photos / "runs" / "a", 2)
    assert folder_listing.list_folder(str(photos)).fingerprint != listing
    assert folder_listing.list_folder(str(photos), exclude=[run, "none"]).fingerprint == listing
    records = folder.prepare(str(photos), str(tmp_path / "data"), exclude=[run])
    assert sum(map(len, stored(records).values())) == 3
    with pytest.raises(UserError, match="is the folder of a run"):
        folder.prepare(str(photos), str(tmp_path / "data"), exclude=[run, photos])


def test_records_inside_the_folder_are_not_taken_for_images(tmp_path, capsys):
    photos = fill(tmp_path / "photos", 3)
    records = folder.prepare(str(photos), str(photos / "data"))
    capsys.readouterr()
    assert folder.prepare(str(photos), str(photos / "data")) == records
    assert refused(records) == {}
    assert capsys.readouterr().out == ""


def test_a_killed_preparation_leaves_nothing_that_counts(tmp_path):
    photos, data = fill(tmp_path / "photos", 40), tmp_path / "data"
    script = (
        "import os, sys, time\n"
        "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # one worker suffices\n"
        "from pipelines.folder import builder\n"
        "from pipelines.images import checking\n"
        "read = checking.encoded_for_records\n"
        "def slow(*arguments): time.sleep(0.2); return read(*arguments)\n"
        "checking.encoded_for_records = slow\n"
        "builder.prepare(*sys.argv[1:])"
    )
    running = Main("tests.python_code", script, photos, data)
    deadline = time.monotonic() + 300
    while not list(data.rglob("incomplete.*/refused.tsv")):
        assert time.monotonic() < deadline and running.process.is_alive()
        time.sleep(0.05)
    running.process.kill()
    running.wait()
    assert not list(data.glob("folder/*/1.0.0"))
    records = folder.prepare(str(photos), str(data))
    assert sum(map(len, stored(records).values())) == 40
    assert sorted(path.name for path in records.parent.iterdir()) == [".lock", "1.0.0"]
