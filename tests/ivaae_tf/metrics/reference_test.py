"""Reference statistics are stored, and not used if any condition differs."""

import numpy as np
import pytest

from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.reference import (
    load_data_score,
    load_or_compute_reference,
    save_data_score,
)
from ivaae_tf.metrics.score import Score
from ivaae_tf.program.digests import digest_path

_CONDITIONS = {
    "data": "mnist:3.0.1",
    "split": "train",
    "crop": None,
    "image_size": 64,
    "extractor": "classifier",
    "extractor_fingerprint": "ab12",
    "count": None,
    "max_sample": 20,
}


def _summary():
    summary = FeatureSummary(3, max_sample=20)
    summary.update(np.random.default_rng(0).normal(size=(50, 3)))
    return summary


def _never():
    raise AssertionError("computed again")


def test_survives_its_file(tmp_path):
    path = tmp_path / "cache" / "reference.npz"
    computed = load_or_compute_reference(path, _CONDITIONS, _summary)
    loaded = load_or_compute_reference(path, _CONDITIONS, _never)
    assert loaded.statistics.count == 50
    np.testing.assert_array_equal(loaded.statistics.mean, computed.statistics.mean)
    np.testing.assert_allclose(
        loaded.statistics.covariance, computed.statistics.covariance, rtol=1e-15
    )
    np.testing.assert_array_equal(loaded.sample, computed.sample)
    assert loaded.conditions == _CONDITIONS


@pytest.mark.parametrize("name", list(_CONDITIONS))
def test_any_difference_is_named_and_computed_again(tmp_path, name):
    path = tmp_path / "reference.npz"
    load_or_compute_reference(path, _CONDITIONS, _summary)
    reasons = []
    other = {**_CONDITIONS, name: "another"}
    load_or_compute_reference(path, other, _summary, reasons.append)
    (reason,) = reasons
    assert f"{name} is {_CONDITIONS[name]!r}, expected 'another'" in reason
    assert reason.count("expected") == 1
    assert load_or_compute_reference(path, other, _never).conditions == other


@pytest.mark.parametrize("expected", [{}, {**_CONDITIONS, "sampler": None}])
def test_a_condition_on_one_side_alone_is_a_difference(tmp_path, expected):
    path = tmp_path / "reference.npz"
    load_or_compute_reference(path, _CONDITIONS, _summary)
    reasons = []
    load_or_compute_reference(path, expected, _summary, reasons.append)
    assert "expected None" in reasons[0]


def test_a_damaged_file_is_replaced(tmp_path):
    path = tmp_path / "reference.npz"
    load_or_compute_reference(path, _CONDITIONS, _summary)
    flipped = bytearray(path.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    for damaged in (path.read_bytes()[:300], b"", b"no archive", flipped):
        path.write_bytes(damaged)
        reasons = []
        load_or_compute_reference(path, _CONDITIONS, _summary, reasons.append)
        (reason,) = reasons
        assert reason.startswith(f"{path} is damaged: ")
        load_or_compute_reference(path, _CONDITIONS, _never)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "reference.npz"
    load_or_compute_reference(path, _CONDITIONS, _summary)
    old = path.read_bytes()

    def interrupted(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_or_compute_reference(path, {**_CONDITIONS, "split": "test"}, _summary)
    assert path.read_bytes() == old
    assert {entry.name for entry in tmp_path.iterdir()} == {
        "reference.npz",
        "reference.npz.sha256",
    }


def test_a_score_of_the_data_is_kept_under_its_conditions(tmp_path):
    path = tmp_path / "cache" / "sharpness.json"
    score = Score("sharpness", 0.5, None, 0.01, {"num_images": 10})
    assert load_data_score(path, _CONDITIONS) is None
    save_data_score(path, _CONDITIONS, score)
    assert load_data_score(path, _CONDITIONS) == score
    assert load_data_score(path, {**_CONDITIONS, "crop": 5}) is None
    for damaged in ("[1]", "", path.read_text().replace("0.5", "0.6")):
        path.write_text(damaged)
        reasons = []
        assert load_data_score(path, _CONDITIONS, reasons.append) is None
        assert reasons[0].startswith(f"{path} is damaged: ")


def test_a_reference_without_a_digest_is_used(tmp_path):
    path = tmp_path / "reference.npz"
    load_or_compute_reference(path, _CONDITIONS, _summary)
    digest_path(path).unlink()
    load_or_compute_reference(path, _CONDITIONS, _never)
