"""Reference statistics are kept, and refused when anything differs."""

import numpy as np
import pytest

from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.reference import (
    Reference,
    ReferenceMismatchError,
    load_or_compute_reference,
    load_reference,
    save_reference,
)

_FINGERPRINT = {
    "data": "mnist:3.0.1",
    "split": "train",
    "crop": None,
    "image_size": 64,
    "extractor": "classifier",
    "extractor_fingerprint": "ab12",
    "count": 500,
    "max_sample": 20,
}


def _summary():
    summary = FeatureSummary(3, max_sample=20)
    summary.update(np.random.default_rng(0).normal(size=(50, 3)))
    return summary


def _saved(path):
    summary = _summary()
    save_reference(path, Reference(summary.statistics, summary.sample, _FINGERPRINT))
    return summary


def test_survives_its_file(tmp_path):
    summary = _saved(tmp_path / "reference.npz")
    loaded = load_reference(tmp_path / "reference.npz", _FINGERPRINT)
    assert loaded.statistics.count == 50
    np.testing.assert_array_equal(loaded.statistics.mean, summary.statistics.mean)
    np.testing.assert_allclose(
        loaded.statistics.covariance, summary.statistics.covariance, rtol=1e-15
    )
    np.testing.assert_array_equal(loaded.sample, summary.sample)
    assert loaded.fingerprint == _FINGERPRINT


@pytest.mark.parametrize("key", list(_FINGERPRINT))
def test_any_difference_is_refused_by_name(tmp_path, key):
    path = tmp_path / "reference.npz"
    _saved(path)
    with pytest.raises(ReferenceMismatchError) as caught:
        load_reference(path, {**_FINGERPRINT, key: "another"})
    assert f"{key} is {_FINGERPRINT[key]!r}, expected 'another'" in str(caught.value)
    assert str(caught.value).count("expected") == 1


@pytest.mark.parametrize("expected", [{}, {**_FINGERPRINT, "sampler": None}])
def test_a_condition_on_one_side_alone_is_refused(tmp_path, expected):
    path = tmp_path / "reference.npz"
    _saved(path)
    with pytest.raises(ReferenceMismatchError, match="expected None"):
        load_reference(path, expected)


def test_is_computed_once_and_again_when_something_differs(tmp_path):
    path = tmp_path / "cache" / "reference.npz"
    computed, reasons = [], []

    def compute():
        computed.append(1)
        return _summary()

    for _ in range(2):
        load_or_compute_reference(path, _FINGERPRINT, compute, reasons.append)
    assert (len(computed), reasons) == (1, [])
    other = {**_FINGERPRINT, "split": "test"}
    load_or_compute_reference(path, other, compute, reasons.append)
    assert len(computed) == 2
    assert "split is 'train', expected 'test'" in reasons[0]
    assert load_reference(path, other).fingerprint == other


def test_a_damaged_file_is_refused_and_replaced(tmp_path):
    path = tmp_path / "reference.npz"
    _saved(path)
    for damaged in (path.read_bytes()[:300], b"", b"no archive"):
        path.write_bytes(damaged)
        with pytest.raises(ReferenceMismatchError, match="delete it to compute them anew"):
            load_reference(path, _FINGERPRINT)
        load_or_compute_reference(path, _FINGERPRINT, _summary)
        load_reference(path, _FINGERPRINT)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "reference.npz"
    _saved(path)
    old = path.read_bytes()

    def interrupted(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_or_compute_reference(path, {**_FINGERPRINT, "split": "test"}, _summary)
    assert path.read_bytes() == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["reference.npz"]
