"""Arrays with a digest, and files that are far larger than they should be."""

import contextlib
import os
import tracemalloc
import zipfile

import numpy as np
import pytest

from ivaae_tf.evaluation.class_codes import ClassCodes
from ivaae_tf.evaluation.outliers.calibration import Calibration
from ivaae_tf.models import checkpoints
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.program import digests, stored_arrays
from ivaae_tf.program.damaged_files import DamagedFileError, read_json
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.covariance import Covariance
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.score_file import read_scores


def test_arrays_come_back(tmp_path):
    path = tmp_path / "a.npz"
    stored_arrays.save(path, means=np.eye(3), epoch=4)
    found = stored_arrays.load(path)
    assert found.keys() == {"means", "epoch"}
    np.testing.assert_array_equal(found["means"], np.eye(3))
    assert found["epoch"] == 4
    digests.digest_path(path).unlink()
    assert stored_arrays.load(path, needs_digest=False).keys() == found.keys()
    with pytest.raises(DamagedFileError, match="its digest is missing"):
        stored_arrays.load(path)


@pytest.mark.parametrize("entry", [("a", b"text"), ("a.npy", b"text")])
def test_what_is_no_array_is_named(tmp_path, entry):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(*entry)
    with pytest.raises(DamagedFileError, match=r"a\.npz is damaged"):
        stored_arrays.load(path, needs_digest=False)


@pytest.mark.parametrize("value", ["text", 1.0, np.zeros((2, 2, 2)), np.array(["a"]), 1j])
def test_arrays_of_other_types_and_shapes_are_named(tmp_path, value):
    """Whatever one array of a file is."""
    readers = {
        Calibration.load: ("epoch", "reconstruction_sse", "latent_energy"),
        lambda path: ClassCodes.load(path, 4): ("names", "means", "counts", "epoch"),
        lambda path: GaussianMixture.load(path, 3, 4): (
            *("weights", "means", "covariances", "num_codes", "epoch"),
        ),
    }
    whole = {
        "names": np.array(["a", "b"]),
        "counts": np.ones(2, int),
        "epoch": 3,
        "num_codes": 9,
        "means": np.zeros((2, 4)),
        "weights": np.ones(2) / 2,
        "covariances": np.stack([np.eye(4)] * 2),
        "latent_energy": np.ones(3),
        "reconstruction_sse": np.ones(3),
    }
    path = tmp_path / "a.npz"
    for read, names in readers.items():
        for changed in names:
            stored_arrays.save(path, **{name: whole[name] for name in names} | {changed: value})
            with contextlib.suppress(UserError):  # Some values are right for a name.
                read(path)


def sparse(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.truncate(path, 8 * 2**30)
    return path


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("run.json", lambda path: RunDirectory(path.parent).read_record()),
        ("history.json", lambda path: RunDirectory(path.parent).read_history()),
        ("scores.json", read_scores),
        ("a.json", lambda path: read_json(path, dict)),
        ("code_covariance.csv", lambda path: Covariance.read(path, 2)),
        ("samples.png", lambda path: RunDirectory(path.parent).read_picture(path)),
        ("calibration.npz", Calibration.load),
        ("mixture.npz", lambda path: GaussianMixture.load(path, epoch=1, latent_dim=2)),
    ],
)
def test_a_file_that_is_far_too_large_is_not_read(tmp_path, name, read):
    path = sparse(tmp_path / name)
    tracemalloc.start()
    with pytest.raises(
        UserError, match=rf"{name} is damaged: it has 8,589,934,592 bytes, expected"
    ):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_digest_that_is_far_too_large_is_not_read(tmp_path):
    path = tmp_path / "a.npz"
    stored_arrays.save(path, epoch=4)
    sparse(digests.digest_path(path))
    with pytest.raises(DamagedFileError, match=r"a\.npz\.sha256 is damaged: it has 8,589,934,592"):
        stored_arrays.load(path)


@pytest.mark.parametrize(
    "read", [lambda path: stored_arrays.load(path, needs_digest=False), checkpoints.load_model]
)
def test_a_file_that_expands_is_not_expanded(tmp_path, read):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, zeros=np.zeros(2**24))
    assert path.stat().st_size < 2**18
    tracemalloc.start()
    with pytest.raises(DamagedFileError, match=r"its [\d,]+ bytes expand to 134,217,\d+"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
