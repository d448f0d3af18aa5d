"""Mains use the network only if a missing data set or an address asks for it.

`tests/mains.py` watches all mains of all tests; these are the two exceptions.
"""

import pytest
import tensorflow_datasets as tfds

from pipelines.records import writing
from tests.mains import NETWORK_IS_USED, Main


def test_a_missing_data_set_is_asked_for_in_the_network(tmp_path):
    finished = Main("prepare", "--dataset=mnist", f"--data_dir={tmp_path}").wait()
    assert finished.returncode == NETWORK_IS_USED, finished.stderr
    assert "refused: a connection to storage.googleapis.com" in finished.stderr


class _WithoutChecksum(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    VERSION = tfds.core.Version("1.0.0")
    name = "without_checksum"
    url_infos = None

    def _info(self):
        features = tfds.features.FeaturesDict({"image": tfds.features.Image(shape=(8, 8, 1))})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        dl_manager.download("https://example.org/images.zip")

    def _generate_examples(self):
        raise NotImplementedError


def test_what_has_no_checksum_is_not_fetched(tmp_path):
    builder = _WithoutChecksum(data_dir=tmp_path)
    with pytest.raises(ValueError, match="checksum"):
        writing.generate(builder)
