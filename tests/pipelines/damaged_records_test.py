"""Records whose bytes or descriptions have changed since they were written."""

import gc
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from ivaae_tf.program.atomic_files import MARK
from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import evaluation_batches, training_batches
from pipelines.images import transforms
from pipelines.records import shards, undecodable
from tests.tfds_records import noise, take, write_records

NUM_IMAGES = 60


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Returns the folder of records of 60 images of noise."""
    data_dir = tmp_path_factory.mktemp("data")
    encoded = [tf.io.encode_png(image).numpy() for image in noise(NUM_IMAGES, 8, 8, 1)]
    features = {"image": tfds.features.Image(shape=(8, 8, 1))}
    examples = {
        split: [{"image": image} for image in part]
        for split, part in (("train", encoded), ("test", encoded[:9]))
    }
    version = str(tfds.builder("mnist", data_dir=str(data_dir)).version)
    write_records("mnist", version, features, examples, str(data_dir))
    return data_dir


@pytest.fixture
def data_dir(whole, tmp_path):
    """Returns a copy that the test may damage."""
    return shutil.copytree(whole, tmp_path / "data")


def shard_of(data_dir, split="train"):
    (shard,) = data_dir.glob(f"mnist/*/mnist-{split}.tfrecord*")
    return shard


def open_data(data_dir, on_corrupt="stop"):
    return datasets.open_dataset("mnist", data_dir=str(data_dir), on_corrupt=on_corrupt)


def pixels(dataset):
    batches = evaluation_batches(dataset, "train", image_size=8, batch_size=7)
    return transforms.unscale(np.concatenate(list(batches.as_numpy_iterator()))).numpy()


def change(shard, offset, value=None):
    content = bytearray(shard.read_bytes())
    content[offset] = content[offset] ^ 0x40 if value is None else value
    shard.write_bytes(content)


def test_offsets_are_those_at_which_tensorflow_stops(data_dir):
    shard = shard_of(data_dir)
    intact = shards.scan(shard, NUM_IMAGES).intact
    assert len(intact) == NUM_IMAGES
    stored = list(tf.data.TFRecordDataset(str(shard)).as_numpy_iterator())
    content = shard.read_bytes()
    assert stored == [content[start + 12 : end - 4] for start, end in intact]
    for place in (0, 8, 12, 40):  # in the length, its checksum, and the data
        damaged = shard.with_name("damaged")
        damaged.write_bytes(content)
        change(damaged, intact[7][0] + place)
        (part,) = shards.scan(damaged, NUM_IMAGES).corrupt
        # TensorFlow counts from the data if the length is right.
        expected = part.offset + (0 if place < 12 else 12)
        with pytest.raises(tf.errors.DataLossError, match=f"record at {expected}"):
            list(tf.data.TFRecordDataset(str(damaged)))


@pytest.mark.parametrize("place", [0, 3, 8, 12, 40, -1])
def test_a_flipped_byte_costs_one_record(data_dir, place):
    shard = shard_of(data_dir)
    intact = shards.scan(shard, NUM_IMAGES).intact
    start, end = intact[5]
    change(shard, start + place if place >= 0 else end - 1)
    scan = shards.scan(shard, NUM_IMAGES)
    assert scan.intact == intact[:5] + intact[6:]
    assert [part.offset for part in scan.corrupt] == [start]


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 100, 1000])
def test_a_shard_that_is_cut_is_named(data_dir, cut):
    shard = shard_of(data_dir)
    shard.write_bytes(shard.read_bytes()[:cut])
    with pytest.raises(UserError, match=rf"corrupt record\(s\): {shard.name}, byte \d+: ") as error:
        open_data(data_dir)
    assert "--on_corrupt=skip" in str(error.value) and "prepare --overwrite" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_shard_that_is_cut_between_records_is_named(data_dir):
    shard = shard_of(data_dir)
    start, _ = shards.scan(shard, NUM_IMAGES).intact[-1]
    shard.write_bytes(shard.read_bytes()[:start])
    with pytest.raises(UserError, match=f"byte {start}: it ends after 59 of 60 records"):
        open_data(data_dir)


def test_corrupt_records_are_left_out_the_same_in_each_epoch(data_dir, capsys):
    before = pixels(open_data(data_dir))
    shard = shard_of(data_dir)
    intact = shards.scan(shard, NUM_IMAGES).intact
    for number in (3, 20):
        change(shard, intact[number][0] + 30)
    dataset = open_data(data_dir, "skip")
    assert "2 corrupt record(s)" in capsys.readouterr().out
    left = np.delete(before, [3, 20], axis=0)
    np.testing.assert_array_equal(pixels(dataset), left)
    assert dataset.num_images("train") == NUM_IMAGES - 2
    skipped = Path(dataset.builder.data_dir, "skipped.tsv").read_text().splitlines()
    assert [line.split("\t")[:2] for line in skipped] == [
        [shard.name, str(intact[number][0])] for number in (3, 20)
    ]
    options = {"image_size": 8, "batch_size": 29, "seed": 5}
    later = take(training_batches(dataset, first_epoch=1, **options), 2)
    again = open_data(data_dir, "skip")
    assert again.fingerprint == dataset.fingerprint != open_data_fingerprint(data_dir)
    epochs = take(training_batches(again, cache="memory", **options), 4)
    np.testing.assert_array_equal(epochs[2:], later)
    for epoch in (epochs[:2], epochs[2:]):
        found = transforms.unscale(epoch).numpy().reshape(NUM_IMAGES - 2, -1)
        assert sorted(map(bytes, found)) == sorted(image.tobytes() for image in left)


def test_copies_of_other_damage_are_removed_unless_they_are_read(data_dir):
    shard = shard_of(data_dir)
    intact = shards.scan(shard, NUM_IMAGES).intact

    def copies():
        return {path.parent for path in data_dir.glob("mnist/readable-*/*/skipped.tsv")}

    def opened_after_damage(number):
        change(shard, intact[number][0] + 30)
        dataset = open_data(data_dir, "skip")
        return dataset, Path(dataset.builder.data_dir)

    first, first_path = opened_after_damage(3)
    second, second_path = opened_after_damage(20)
    assert copies() == {first_path, second_path}
    assert len(pixels(first)) == NUM_IMAGES - 1  # It is still read.
    del first, second
    (second_path.parent / "pixels").mkdir()
    third, third_path = opened_after_damage(40)
    assert copies() == {third_path}
    assert {path.name for path in data_dir.glob("mnist/*")} == {
        shard.parent.name,
        third_path.parent.name,
    }
    open_data(data_dir, "skip")
    assert copies() == {third_path} and len(pixels(third)) == NUM_IMAGES - 3


def open_data_fingerprint(data_dir):
    """Returns the fingerprint of the whole records."""
    return open_data(data_dir, "skip").whole_fingerprint


def test_an_image_that_cannot_be_decoded_is_named_or_skipped(data_dir, capsys):
    shard = shard_of(data_dir)
    records = list(tf.data.TFRecordDataset(str(shard)).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(shard)) as writer:
        for number, record in enumerate(records):
            # The checksums are right, but the first chunk of the PNG is wrong.
            writer.write(record.replace(b"IHDR", b"XXXX") if number == 4 else record)
    dataset = open_data(data_dir)
    with pytest.raises(tf.errors.InvalidArgumentError):
        pixels(dataset)
    gc.collect()  # Errors of other tests hold data sets open.
    offset = shards.scan(shard, NUM_IMAGES).intact[4][0]
    place = rf"{shard.parent}: {shard.name}, byte {offset}: the image cannot be decoded"
    assert undecodable.with_place("advice").startswith(f"{place}: advice")
    with pytest.raises(UserError, match=f"{place}.*--on_corrupt=skip"):
        next(
            iter(
                training_batches(
                    dataset, image_size=8, batch_size=2, seed=0, cache=str(data_dir / "pixels")
                )
            )
        )
    assert len(pixels(open_data(data_dir, "skip"))) == NUM_IMAGES - 1
    assert "1 corrupt record(s)" in capsys.readouterr().out


def test_whole_records_are_used_as_they_are(data_dir, capsys):
    dataset = open_data(data_dir, "skip")
    assert dataset.whole_fingerprint is None and not capsys.readouterr().out
    assert dataset.fingerprint == open_data(data_dir).fingerprint


def test_a_shard_is_read_through_once(data_dir, monkeypatch):
    open_data(data_dir)
    scanned = []
    scan = shards.scan
    monkeypatch.setattr(
        shards, "scan", lambda shard, count: scanned.append(shard) or scan(shard, count)
    )
    open_data(data_dir)
    assert not scanned
    os.utime(shard_of(data_dir))
    open_data(data_dir)
    assert scanned == [shard_of(data_dir)]


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"splits": 3}',
        b'{"name": [1]}',
        b"[" * 100_000,
        None,
    ],
)
def test_a_damaged_description_is_one_line_and_can_be_written_again(name, content, data_dir):
    path = shard_of(data_dir).with_name(name)
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"{path.parent}.* damaged.*prepare --overwrite") as error:
        open_data(data_dir)
    assert "\n" not in str(error.value)


def test_a_class_from_elsewhere_is_not_imported(data_dir, tmp_path, monkeypatch):
    (tmp_path / "hostile.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    path = shard_of(data_dir).with_name("features.json")
    path.write_text(path.read_text().replace("tensorflow_datasets.core", "hostile"))
    with pytest.raises(UserError, match="is not a feature of TensorFlow Datasets"):
        open_data(data_dir)
    assert not (tmp_path / "ran").exists()


def test_a_missing_shard_is_named(data_dir):
    shard_of(data_dir, "test").unlink()
    with pytest.raises(UserError, match=r"mnist-test\.tfrecord.* is damaged: it is missing"):
        open_data(data_dir)


def test_damaged_digits_are_written_again(tmp_path):
    def prepare(**options):
        return datasets.open_dataset("digits", data_dir=str(tmp_path), **options)

    path = Path(prepare().builder.data_dir, "dataset_info.json")
    path.write_text("{")
    with pytest.raises(UserError, match=r"dataset_info\.json is damaged"):
        prepare()
    assert prepare(overwrite=True).num_images("train") == 1500


def test_what_a_kill_left_beside_checked_records_is_removed(data_dir):
    open_data(data_dir)
    left = shard_of(data_dir).parent / f"{MARK}killed"
    left.mkdir()
    open_data(data_dir)
    assert not left.exists()
