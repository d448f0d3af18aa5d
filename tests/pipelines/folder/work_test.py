"""Files of a folder on several processes: what is recorded, and what is refused."""

import hashlib
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.core import hashing

from ivaae_tf.program.errors import UserError
from pipelines.folder import builder as folder
from pipelines.folder.work import FolderWork
from pipelines.images import checking
from pipelines.records import writing
from pipelines.workers.budget import Budget
from pipelines.workers.pool import WorkerPool
from tests.pipelines import bombs

pytestmark = pytest.mark.usefixtures("one_pool")

needs_beam = pytest.mark.skipif(
    importlib.util.find_spec("apache_beam") is None,
    reason="apache-beam is not installed: requirements-beam.txt",
)


def save(path, *, mode="RGB", seed=0, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(small).resize((20, 16)).convert(mode).save(path, **options)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of all sorts of files."""
    photos = tmp_path_factory.mktemp("work") / "photos"
    turned = Image.Exif()
    turned[0x0112] = 6
    for index in range(24):
        place = photos / ("a.b" if index % 2 else "a") / str(index % 3)
        suffix = ("jpg", "png", "webp", "gif")[index % 4]
        save(place / f"{index}.{suffix}", seed=index)
        save(place / f"{index} turned.jpg", seed=index, exif=turned)
    save(photos / "transparent.png", mode="RGBA")
    save(photos / "gray.png", mode="L")
    save(Path(os.fsdecode(os.fsencode(photos) + b"/odd\xe9\tname\n%41.png")))
    (photos / "cut.jpg").write_bytes(bombs.cut_jpeg(800))
    (photos / "text.jpg").write_text("text")
    (photos / "empty").touch()
    (photos / "loop").symlink_to(photos)
    return photos


@pytest.fixture(scope="module")
def prepared(photos, one_pool, tmp_path_factory):
    """The records of two processes."""
    return folder.prepare(str(photos), str(tmp_path_factory.mktemp("two")))


def in_order(path):
    """Returns the encoded images of each split in the order of the records."""
    builder = tfds.builder_from_directory(path)
    decoders = {"image": tfds.decode.SkipDecoding()}
    return {
        split: [
            bytes(example["image"])
            for example in builder.as_dataset(split, decoders=decoders).as_numpy_iterator()
        ]
        for split in builder.info.splits
    }


def contents(path):
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_records_are_those_of_one_file_after_the_other(photos, prepared):
    """The files are checked here, in this process, and ordered by TFDS's hash of their names."""
    encoded, refused = {"train": {}, "validation": {}}, {"loop": "a link to a folder: not followed"}
    digests = {"train": hashlib.sha256(), "validation": hashlib.sha256()}
    names = (os.path.join(p, f) for p, _, files in os.walk(photos) for f in files)  # noqa: PTH118
    for name in sorted(os.path.relpath(name, photos) for name in names):
        try:
            checked = checking.check(photos / name, name)
        except checking.RefusedError as error:
            refused[name] = str(error)
            continue
        key = os.fsencode(name)
        position = int.from_bytes(hashlib.sha256(key).digest()[:8], "big") / 2**64
        split = "validation" if position < 0.1 else "train"
        encoded[split][key] = checking.encoded_for_records(photos / name, checked)
        line = f"{split}\0{name}\0{checked.sha256.hex()}\0"
        digests[split].update(os.fsencode(line))
    assert all(encoded.values())
    for split, images in in_order(prepared).items():
        hasher = hashing.Hasher(split)
        keys = sorted(encoded[split], key=hasher.hash_key)
        assert images == [encoded[split][key] for key in keys]
    lines = (prepared / folder.REFUSED_FILE).read_text().splitlines()
    assert lines == [f"{name}\t{refused[name]}" for name in sorted(refused)]
    assert len(refused) == 4


def test_workers_do_not_import_keras(one_pool):
    """It takes 40% of the time of TensorFlow's import."""
    assert list(one_pool.map(importlib.util.find_spec, ["keras"])) == [("keras", None)]


def test_records_do_not_depend_on_the_number_of_processes(photos, prepared, tmp_path):
    with WorkerPool(checking.__name__, num_workers=1) as pool:
        path = folder.prepare(str(photos), str(tmp_path), work=FolderWork(pool))
    assert contents(path) == contents(prepared)


def test_records_do_not_depend_on_the_memory_for_shuffling(photos, prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "_SHUFFLE_BUFFER", 1000)
    assert contents(folder.prepare(str(photos), str(tmp_path))) == contents(prepared)


def test_files_that_cost_too_much_are_refused(tmp_path, one_pool, monkeypatch):
    photos = tmp_path / "photos"
    for index in range(3):
        save(photos / f"{index}.png", seed=index)
    (photos / "scans.jpg").write_bytes(bombs.progressive_jpeg(3400, 500))
    Image.new("RGBA", (2500, 2500), (1, 2, 3, 4)).save(photos / "transparent.png")
    (photos / "exif.jpg").write_bytes(bombs.jpeg_with_exif(600))
    budget = Budget(seconds=1, wall_seconds=100, num_bytes=2**26)
    monkeypatch.setattr(one_pool, "budget", budget)
    path = folder.prepare(str(photos), str(tmp_path / "data"))
    lines = (path / folder.REFUSED_FILE).read_text().splitlines()
    refused = dict(line.split("\t") for line in lines)
    assert refused["scans.jpg"] == "takes more than 1 s of processor time"
    assert refused["transparent.png"] == "takes more than 64 MB of memory"
    assert refused["exif.jpg"].startswith("takes more than ")
    assert sum(map(len, in_order(path).values())) == 3


def test_a_file_that_changes_before_it_is_encoded_is_named(tmp_path):
    photos = tmp_path / "photos"
    for index in range(3):
        save(photos / f"{index}.png", mode="RGBA", seed=index)

    class Changing(FolderWork):
        def examples(self, scan, split):
            save(photos / "1.png", seed=7)
            return super().examples(scan, split)

    with pytest.raises(UserError, match=r"1\.png: changed while it was being prepared; run the"):
        folder.prepare(str(photos), str(tmp_path / "data"), work=Changing())
    assert not list((tmp_path / "data").rglob("*.tfrecord*"))


@needs_beam
def test_beam_writes_the_same_records_and_refusals(photos, prepared, tmp_path):
    from pipelines.folder.beam import BeamWork

    work = BeamWork("DirectRunner", ["direct_num_workers=1,direct_running_mode=in_memory"])
    path = folder.prepare(str(photos), str(tmp_path), work=work)
    assert contents(path) == contents(prepared)
    assert sorted(file.name for file in path.parent.iterdir()) == [".lock", "1.0.0"]


@needs_beam
@pytest.mark.parametrize(
    ("runner", "options", "message"),
    [
        ("NoRunner", [], "--beam_runner=NoRunner: "),
        ("no.such.Runner", [], "--beam_runner=no.such.Runner: "),
        ("DirectRunner", ["direct_num_workers=many"], "--beam_options=direct_num_workers=many"),
    ],
)
def test_what_beam_does_not_know_is_an_error(runner, options, message):
    from pipelines.folder.beam import BeamWork

    with pytest.raises(UserError) as caught:
        BeamWork(runner, options)
    assert str(caught.value).startswith(message)


@needs_beam
def test_options_are_split_at_commas_outside_values():
    from pipelines.folder.beam import BeamWork

    work = BeamWork("DirectRunner", ["project=p,experiments=a,b", "--streaming"])
    options = work.download_options()["beam_options"].get_all_options()
    assert (options["project"], options["streaming"]) == ("p", True)
    assert options["experiments"] == ["a", "b"]
