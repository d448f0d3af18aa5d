"""The classifier learns scikit-learn's digits, reproducibly, and only once."""

import json
import re
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from ivaae_tf.metrics.extractors.classifier import Classifier, build_classifier
from ivaae_tf.metrics.extractors.classifier_training import train_classifier

_DATA = {"data": "digits", "split": "random 1497"}


def _train(cache_dir, **settings):
    digits = load_digits()
    images = (digits.images[..., None] / 8 - 1).astype(np.float32)
    split = train_test_split(images, digits.target, test_size=300, random_state=0)
    train, test = (tf.data.Dataset.from_tensor_slices(tuple(split[i::2])) for i in (0, 1))
    settings = {"data": _DATA, "num_steps": 300, **settings}
    return train_classifier(train, test, 10, 1, cache_dir=cache_dir, **settings)


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def classifier(cache_dir):
    return _train(cache_dir)


def test_learns_the_digits(classifier):
    assert classifier.test_accuracy > 0.95
    assert classifier.num_features == 64
    assert not classifier.comparable_with_published_fid


def test_is_a_function_of_its_settings_and_not_of_the_process(tmp_path):
    keras.utils.set_random_seed(1)
    first = _train(tmp_path / "first", num_steps=30)
    keras.utils.set_random_seed(2)
    second = _train(tmp_path / "second", num_steps=30)
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    np.testing.assert_array_equal(first(images), second(images))
    assert first.fingerprint == second.fingerprint


def test_another_seed_is_another_network():
    features = [Classifier(build_classifier(10, 1, seed=seed)).fingerprint for seed in (0, 0, 1)]
    assert features[0] == features[1] != features[2]


def test_is_trained_once(classifier, cache_dir):
    def no_data():
        raise AssertionError("trained again")
        yield

    spec = (tf.TensorSpec((8, 8, 1)), tf.TensorSpec((), tf.int64))
    untouched = tf.data.Dataset.from_generator(no_data, output_signature=spec)
    cached = train_classifier(untouched, untouched, 10, 1, _DATA, cache_dir, num_steps=300)
    assert cached.fingerprint == classifier.fingerprint
    assert cached.test_accuracy == classifier.test_accuracy


def test_the_record_tells_the_settings_and_the_accuracy(classifier, cache_dir):
    (path,) = cache_dir.glob("*.json")
    record = json.loads(path.read_text())
    assert record["test_accuracy"] == classifier.test_accuracy
    assert record["settings"]["data"] == _DATA
    assert record["settings"]["num_steps"] == 300
    suffixes = sorted("".join(p.suffixes) for p in cache_dir.iterdir())
    assert suffixes == [".json", ".json.sha256", ".keras", ".keras.sha256"]


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _replace_by_folder(path):
    path.unlink()
    path.mkdir()


def _forge(path):
    """Changes the record and leaves it valid JSON of the same form."""
    path.write_text(re.sub('"test_accuracy": [0-9.]+', '"test_accuracy": 0.99', path.read_text()))


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A classifier after two steps, and the folder of its cache."""
    folder = tmp_path_factory.mktemp("short")
    return _train(folder, num_steps=2), folder


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        ("keras", _cut),
        ("keras", _flip),
        ("keras", _replace_by_folder),
        ("json", _cut),
        ("json", _forge),
        ("json", lambda path: path.write_text("[]")),
    ],
)
def test_a_damaged_cache_is_said_and_trained_again(suffix, damage, short, tmp_path, capsys):
    first, stored = short
    shutil.copytree(stored, tmp_path, dirs_exist_ok=True)
    (path,) = tmp_path.glob(f"*.{suffix}")
    damage(path)
    again = _train(tmp_path, num_steps=2)
    assert (again.fingerprint, again.test_accuracy) == (first.fingerprint, first.test_accuracy)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path} is damaged: ") and line.endswith("; trained again")


def test_a_cache_of_an_older_version_is_used(classifier, cache_dir, tmp_path, capsys):
    for path in cache_dir.iterdir():
        if path.suffix != ".sha256":
            shutil.copy(path, tmp_path)
    assert _train(tmp_path, num_steps=300).fingerprint == classifier.fingerprint
    assert not capsys.readouterr().err


def test_features_are_the_last_hidden_layer_of_the_scaled_images():
    model = build_classifier(4, 3, seed=0)
    extractor = Classifier(model)
    images = np.random.default_rng(1).integers(0, 256, (6, 40, 24, 3)).astype(np.uint8)
    features = extractor(images)
    kernel, bias = model.layers[-1].get_weights()
    logits = model.predict(images / np.float32(127.5) - 1, verbose=0)
    np.testing.assert_allclose(features @ kernel + bias, logits, rtol=1e-4, atol=1e-5)
    gray = images[..., :1]
    np.testing.assert_array_equal(extractor(gray), extractor(gray.repeat(3, axis=3)))


def test_refuses_what_it_cannot_use():
    with pytest.raises(ValueError, match="Received: 1 and 3"):
        build_classifier(1, 3, seed=0)
    with pytest.raises(ValueError, match="Received: 2 and 2"):
        build_classifier(2, 2, seed=0)
    gray = Classifier(build_classifier(2, 1, seed=0))
    with pytest.raises(ValueError, match=r"with 1 channel\. Received: 3"):
        gray(np.zeros((1, 8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="num_steps must be at least 1"):
        train_classifier(None, None, 2, 1, {}, "nowhere", num_steps=0)
