"""A damaged file of any format is read, or reported in one line, or written again."""

import contextlib
import dataclasses
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from ivaae_tf.evaluation.outliers.calibration import Calibration
from ivaae_tf.metrics import reference
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.score import Score
from ivaae_tf.models import checkpoints
from ivaae_tf.models.samplers import ClassMixture, GaussianMixture
from ivaae_tf.program import digests
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.runs.score_file import merge_scores, read_scores
from ivaae_tf.runs.second_stage import SecondStageDirectory, SecondStageRecord
from ivaae_tf.second_stage_settings import SecondStageSettings
from pipelines import datasets, pixel_cache
from pipelines.batches import evaluation_batches
from tests.damaged_files import cut, flipped, replaced, reshaped
from tests.small_models import small_model
from tests.tfds_records import noise, write_records
from tests.written_runs import fld, record_of, write_run

CONDITIONS = {"data": "mnist", "split": "train"}
PIXELS = noise(10, 4, 4, 3)
RECORDS = noise(12, 8, 8, 1)
CODES = np.random.default_rng(0).normal(size=(64, 3))
SECOND_STAGE = SecondStageRecord.of(SecondStageSettings(batch_size=8), CODES, 3)


@dataclasses.dataclass(frozen=True)
class Format:
    """A format of files, with functions that write and read such a file.

    Attributes:
        write: Writes it below a folder and returns its path.
        read: Reads the file, or computes its content again; raises an AssertionError if the format
            has a checksum and the result differs from the original.
        is_json: Whether the values of the file are changed one by one.
        num_flips: Number of variants with one bit flipped.
    """

    write: Callable[[Path], Path]
    read: Callable[[Path], object]
    is_json: bool = False
    num_flips: int = 20

    def variants(self, content: bytes) -> Iterator[bytes]:
        """Yields damaged contents."""
        yield from cut(content)
        yield from flipped(content, self.num_flips, seed=1)
        yield from replaced(content, seed=2)
        if self.is_json:
            yield from reshaped(content)


def _summary():
    summary = FeatureSummary(3, max_sample=20)
    summary.update(CODES)
    return summary


def _write_run(folder):
    return RunDirectory(write_run(folder / "run", epochs=2, scores=[fld(0.5, 1), fld(0.4, 2)]))


def _write_calibration(folder: Path) -> Path:
    path = folder / "calibration.npz"
    costs = np.random.default_rng(0).gamma(2, 1, 20)
    Calibration(costs, costs - 1, epoch=3).save(path)
    return path


def _write_mixture(folder):
    path = folder / "gaussian_mixture.npz"
    GaussianMixture.fit(CODES, 2, seed=0, epoch=3).save(path)
    return path


def _write_class_mixture(folder):
    path = folder / "class_mixture.npz"
    labels = np.arange(len(CODES)) % 3
    ClassMixture.fit_classes(CODES, labels, ("a", "b", "c"), 1, seed=0, epoch=3).save(path)
    return path


def _write_digest_of_mixture(folder):
    return digests.digest_path(_write_mixture(folder))


def _read_mixture(path):
    np.testing.assert_allclose(
        GaussianMixture.load(path, epoch=3, latent_dim=3).means,
        GaussianMixture.fit(CODES, 2, 0, 3).means,
    )


def _write_second_stage(folder):
    directory = SecondStageDirectory(folder / "second_stage")
    directory.path.mkdir()
    directory.record_or_check(SECOND_STAGE)
    return directory.record_path


def _write_checkpoint(folder):
    path = folder / "last.keras"
    checkpoints.save(small_model(), path)
    return path


def _read_checkpoint(path):
    np.testing.assert_array_equal(
        checkpoints.load_model(path).get_weights()[0], small_model().get_weights()[0]
    )


def _write_reference(folder):
    path = folder / "reference.npz"
    reference.load_or_compute_reference(path, CONDITIONS, _summary)
    return path


def _read_reference(path):
    found = reference.load_or_compute_reference(path, CONDITIONS, _summary)
    np.testing.assert_array_equal(found.sample, _summary().sample)
    assert found.statistics.count == len(CODES)


def _write_data_score(folder):
    path = folder / "sharpness.json"
    reference.save_data_score(path, CONDITIONS, Score("sharpness", 0.5, None))
    return path


def _read_data_score(path):
    assert reference.load_data_score(path, CONDITIONS) in (None, Score("sharpness", 0.5, None))


def _cached(folder):
    images = tf.data.Dataset.from_tensor_slices(PIXELS)
    return pixel_cache.on_disk(images, folder, "key", num_images=10, shape=(4, 4, 3))


def _read_pixels(path):
    np.testing.assert_array_equal(_cached(path.parent), PIXELS)


def _write_pixels(folder):
    _cached(folder / "pixels")
    (path,) = (folder / "pixels").glob("*.uint8")
    return path


def _write_shard(folder):
    examples = [{"image": image} for image in RECORDS]
    features = {"image": tfds.features.Image(shape=(8, 8, 1))}
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        write_records("few", "1.0.0", features, {"train": examples, "test": examples}, str(folder))
    return folder / "few" / "1.0.0" / "few-train.tfrecord-00000-of-00001"


def _write_checked(folder):
    path = _write_shard(folder).with_name("checked.json")
    _open_records(path)
    return path


def _write_metadata(folder):
    path = _write_shard(folder).with_name("metadata.json")
    path.write_text('{"digest": "0123"}')
    return path


def _open_records(path):
    return datasets.open_records("few", str(path.parent))


def _read_records(path):
    dataset = _open_records(path)
    batches = evaluation_batches(dataset, "train", image_size=8, batch_size=12)
    images = np.concatenate(list(batches.as_numpy_iterator()))
    assert len(images) == dataset.num_images("train")
    return images


def _read_shard(path):
    found = np.round((_read_records(path) + 1) * 127.5)
    assert sorted(map(bytes, found.astype(np.uint8))) == sorted(map(bytes, RECORDS))


FORMATS = {
    "run.json": Format(lambda f: _write_run(f).record_path, RunRecord.read, is_json=True),
    "history.json": Format(
        lambda f: _write_run(f).history_path,
        lambda path: RunDirectory(path.parent).read_history(),
        is_json=True,
    ),
    "scores.json": Format(lambda f: _write_run(f).scores_path, read_scores, is_json=True),
    "scores.json, added to": Format(
        lambda f: _write_run(f).scores_path, lambda path: merge_scores(path, [fld(0.3, 3)])
    ),
    "code_covariance.csv": Format(
        lambda f: _write_run(f).code_covariance_path,
        lambda path: RunDirectory(path.parent).read_code_covariance(),
    ),
    "samples.png": Format(
        lambda f: _write_run(f).samples_path,
        lambda path: RunDirectory(path.parent).read_picture(path),
    ),
    "gaussian_mixture.npz": Format(_write_mixture, _read_mixture),
    "class_mixture.npz": Format(
        _write_class_mixture, lambda path: ClassMixture.load(path, epoch=3, latent_dim=3)
    ),
    "gaussian_mixture.npz.sha256": Format(
        _write_digest_of_mixture, lambda path: _read_mixture(path.with_suffix(""))
    ),
    "calibration.npz": Format(_write_calibration, Calibration.load),
    "second_stage.json": Format(
        _write_second_stage,
        lambda path: SecondStageDirectory(path.parent).record_or_check(SECOND_STAGE),
        is_json=True,
    ),
    "last.keras": Format(_write_checkpoint, _read_checkpoint, num_flips=10),
    "reference.npz": Format(_write_reference, _read_reference),
    "sharpness.json": Format(_write_data_score, _read_data_score, is_json=True),
    "pixels": Format(_write_pixels, _read_pixels),
    "shard": Format(_write_shard, _read_shard, num_flips=15),
    "dataset_info.json": Format(
        lambda f: _write_shard(f).with_name("dataset_info.json"), _read_records, num_flips=10
    ),
    "checked.json": Format(_write_checked, _open_records, num_flips=10),
    "metadata.json": Format(_write_metadata, _open_records, num_flips=10),
    "features.json": Format(
        lambda f: _write_shard(f).with_name("features.json"), _read_records, num_flips=10
    ),
}


def outcome(form: Format, path: Path) -> str:
    """Returns the outcome of reading a damaged file: "read", "refused", or a failure."""
    try:
        form.read(path)
    except UserError as error:
        names = (str(path), str(path.parent))
        if "\n" in str(error) or not any(name in str(error) for name in names):
            return f"unclear: {error}"
        return "refused"
    except AssertionError:
        return "wrong result"
    except Exception as error:
        return f"traceback: {type(error).__name__}: {error}"
    return "read"


def outcomes(form: Format, folder: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yields the outcome of each damaged variant, and the variant; None is a folder."""
    original = form.write(folder / "original")
    content = original.read_bytes()
    place = original.relative_to(folder / "original")
    for variant in (*form.variants(content), None):
        shutil.copytree(folder / "original", folder / "copy")
        path = folder / "copy" / place
        path.unlink()
        if variant is None:
            path.mkdir()
        else:
            path.write_bytes(variant)
        yield outcome(form, path), variant
        shutil.rmtree(folder / "copy")


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_ends_in_one_line(name, tmp_path):
    (tmp_path / "original").mkdir()
    found = list(outcomes(FORMATS[name], tmp_path))
    bad = [(end, data and data[:300]) for end, data in found if end not in ("read", "refused")]
    assert not bad, f"{len(bad)} of {len(found)}, such as {bad[:3]}"


def test_a_record_is_read_as_it_was_written(tmp_path):
    """The test of damaged files would also pass if every file were refused."""
    for name, form in FORMATS.items():
        folder = tmp_path / name
        folder.mkdir()
        assert outcome(form, form.write(folder)) == "read", name
    assert record_of() == RunRecord.read(tmp_path / "run.json" / "run" / "run.json")
