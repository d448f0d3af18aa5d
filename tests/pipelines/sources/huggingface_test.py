"""Data sets of the Hugging Face Hub: a folder takes the place of the Hub."""

import importlib.util
import types

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from ivaae_tf.program.errors import UserError
from pipelines import datasets
from pipelines.sources import huggingface

needs_datasets = pytest.mark.skipif(
    importlib.util.find_spec("datasets") is None,
    reason="the package datasets is not installed: pip install datasets",
)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A data set of the Hub with two splits and two classes; returns split, class -> pixels."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    random, found = np.random.default_rng(0), {}
    for split in ("train", "test"):
        for label in ("cat", "dog"):
            folder = tmp_path / "hub" / split / label
            folder.mkdir(parents=True)
            found[split, label] = random.integers(0, 256, (6, 20, 30, 3), np.uint8)
            for index, pixels in enumerate(found[split, label]):
                Image.fromarray(pixels).save(folder / f"{index}.png")
    builder = huggingface.HuggingfaceDatasetBuilder

    class Local(builder, skip_registration=True):
        """Reads the folder, and asks the Hub for nothing."""

        _hf_hub_info = types.SimpleNamespace(gated=False, card_data=None, tags=[])

        def __init__(self, *, hf_repo_id, **options):
            assert hf_repo_id == "owner/photos"
            super().__init__(hf_repo_id=str(tmp_path / "hub"), **options)
            self.name = "owner__photos"

    def local(repository, configuration, root):
        assert (repository, configuration) == ("owner/photos", "")
        monkeypatch.setattr(
            huggingface.conversion_utils,
            "to_tfds_name",
            lambda name: "owner__photos" if "/" in name else name,
        )
        return Local(hf_repo_id=repository, data_dir=root, overwrite_version="1.0.0")

    monkeypatch.setattr(huggingface, "_builder", local)
    return found


@needs_datasets
def test_images_and_labels_are_those_of_the_hub(photos, tmp_path):
    dataset = datasets.open_dataset("huggingface:owner/photos", data_dir=str(tmp_path / "data"))
    assert dataset.splits == {"train": "train", "validation": "test"}
    assert dataset.channels == 3
    feature = dataset.builder.info.features["label"]
    for split in ("train", "test"):
        found = {
            (example["image"].tobytes(), feature.int2str(int(example["label"])))
            for example in dataset.builder.as_dataset(split=split).as_numpy_iterator()
        }
        assert found == {
            (pixels.tobytes(), label) for label in ("cat", "dog") for pixels in photos[split, label]
        }


@needs_datasets
def test_records_that_exist_need_no_hub(photos, tmp_path, monkeypatch):
    name, data_dir = "huggingface:owner/photos", str(tmp_path / "data")
    first = datasets.open_dataset(name, data_dir=data_dir)
    monkeypatch.setattr(huggingface, "_builder", None)
    assert datasets.open_dataset(name, data_dir=data_dir).fingerprint == first.fingerprint


@pytest.mark.parametrize("name", ["huggingface:", "huggingface:mnist", "huggingface:a/b/c/d"])
def test_other_names_are_one_line(tmp_path, name):
    with pytest.raises(UserError, match="expected huggingface:OWNER/NAME"):
        datasets.open_dataset(name, data_dir=str(tmp_path))


@pytest.mark.parametrize("names", [["cat", "cat "], ["", "dog"], ["a\nb", "dog"]])
def test_names_of_classes_that_would_change_are_one_line(tmp_path, monkeypatch, names):
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(8, 8, 3)),
            "label": tfds.features.ClassLabel(names=names),
        }
    )
    builder = types.SimpleNamespace(info=types.SimpleNamespace(features=features))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(huggingface, "_builder", lambda *_: builder)
    with pytest.raises(
        UserError, match="--dataset=huggingface:a/b has classes whose names"
    ) as error:
        datasets.open_dataset("huggingface:a/b", data_dir=str(tmp_path))
    assert "\n" not in str(error.value)


def test_a_missing_package_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install '\.\[huggingface\]'") as error:
        datasets.open_dataset("huggingface:ylecun/mnist", data_dir=str(tmp_path))
    assert "\n" not in str(error.value)


@needs_datasets
def test_an_unreachable_hub_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(
        UserError, match="--dataset=huggingface:no/body cannot be prepared"
    ) as error:
        datasets.open_dataset("huggingface:no/body", data_dir=str(tmp_path))
    assert "\n" not in str(error.value)
