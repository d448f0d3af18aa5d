"""Records that a process reads are not replaced by another."""

import subprocess
import sys

import pytest

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.batches import evaluation_batches
from pipelines.records import stored


def test_records_are_not_replaced_while_another_process_reads_them(tmp_path):
    code = (
        "import sys; from pathlib import Path; from pipelines.records.stored import Reading\n"
        "reading = Reading(Path(sys.argv[1])); print('reading', flush=True); sys.stdin.read()"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout.readline() == "reading\n"
    refused = pytest.raises(UserError, match=f"{tmp_path} is being read by another process")
    with refused, stored.unread(tmp_path):
        raise AssertionError("not alone")
    stored.Reading(tmp_path)  # Several may read.
    reader.communicate()
    with stored.unread(tmp_path):
        pass


def test_an_open_data_set_is_not_replaced_and_a_closed_one_is(tmp_path):
    def prepare(**options):
        return datasets.open_dataset("digits", data_dir=str(tmp_path), **options)

    dataset = prepare()
    number = dataset.num_images("train")
    with pytest.raises(UserError, match="is being read by another process"):
        prepare(overwrite=True)
    batches = evaluation_batches(dataset, "train", image_size=8, batch_size=7)
    assert sum(map(len, batches.as_numpy_iterator())) == number
    del batches
    del dataset
    prepare(overwrite=True)
