"""Records whose bytes or descriptions have changed since they were written."""

import gc
import os
import re
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
from pipelines.records import opening, stored
from tests.tfds_records import noise, write_records

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


def open_data(data_dir):
    return datasets.open_dataset("mnist", data_dir=str(data_dir))


def pixels(dataset):
    batches = evaluation_batches(dataset, "train", image_size=8, batch_size=7)
    return transforms.unscale(np.concatenate(list(batches.as_numpy_iterator()))).numpy()


def change(shard, offset, value=None):
    content = bytearray(shard.read_bytes())
    content[offset] = content[offset] ^ 0x40 if value is None else value
    shard.write_bytes(content)


def offsets_of(shard):
    """Returns the first byte of each record, and the end of the last one."""
    records = tf.data.TFRecordDataset(str(shard)).as_numpy_iterator()
    return np.cumsum([0, *(12 + len(record) + 4 for record in records)]).tolist()


@pytest.mark.parametrize("place", [0, 3, 8, 12, 40, -1])
def test_a_flipped_byte_is_found(data_dir, place):
    shard = shard_of(data_dir)
    start, end = offsets_of(shard)[5:7]
    change(shard, start + place if place >= 0 else end - 1)
    # TensorFlow counts from the data if the length is right.
    offset = start if 0 <= place < 12 else start + 12
    with pytest.raises(UserError, match=f"{shard} has a corrupt record at byte {offset}; .ivaae"):
        open_data(data_dir)


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 100, 1000])
def test_a_shard_that_is_cut_is_named(data_dir, cut):
    shard = shard_of(data_dir)
    shard.write_bytes(shard.read_bytes()[:cut])
    found = "(has a corrupt record at byte [0-9]+|ends after 0 of 60 records); .ivaae prepare"
    with pytest.raises(UserError, match=f"{shard} {found}") as error:
        open_data(data_dir)
    assert "`ivaae prepare --overwrite`" in str(error.value) and "\n" not in str(error.value)


def test_a_shard_that_is_cut_between_records_is_named(data_dir):
    shard = shard_of(data_dir)
    start = offsets_of(shard)[-2]
    shard.write_bytes(shard.read_bytes()[:start])
    with pytest.raises(UserError, match=f"{shard} ends after 59 of 60 records"):
        open_data(data_dir)


def test_an_image_that_cannot_be_decoded_is_named(data_dir):
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
    place = rf"{shard}, record 4 \(counted from 0\): "
    assert re.match(f"{place}problem; .ivaae prepare --overwrite", opening.with_record("problem"))
    with pytest.raises(UserError, match=f"{place}an image in the records cannot be decoded"):
        options = {"image_size": 8, "batch_size": 2, "seed": 0}
        next(iter(training_batches(dataset, cache=str(data_dir / "pixels"), **options)))


def test_a_shard_is_read_through_once(data_dir, monkeypatch):
    open_data(data_dir)
    scanned = []
    monkeypatch.setattr(stored, "_check_shard", lambda shard, count: scanned.append(shard))
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
