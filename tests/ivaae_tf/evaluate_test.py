"""Scores of a run, against computations that share no code with them."""

import json
import shutil

import keras
import numpy as np
import pytest
import scipy.linalg
from PIL import Image

import ivaae_tf  # noqa: F401  registers the classes that checkpoints are made of
from ivaae_tf.metrics.extractors.classifier import Classifier
from pipelines import datasets
from tests.mains import Main


def run(module, *flags):
    return Main(module, *flags).wait()


@pytest.fixture(scope="module")
def judged_run(finished_run, data_dir, tmp_path_factory):
    """A run with scores, of the prior and of a mixture, and its export."""
    workdir = tmp_path_factory.mktemp("judged") / "run"
    shutil.copytree(finished_run, workdir)
    flags = (f"--workdir={workdir}", "--sampler=prior", "--sampler=gmm")
    finished = run("ivaae_tf.evaluate", *flags, f"--data_dir={data_dir}", "--num_samples=300")
    assert finished.returncode == 0, finished.stderr
    export = (*flags, f"--out={workdir / 'saved_model'}")
    assert run("ivaae_tf.export", *export).returncode == 0
    return workdir


def score(workdir, name, **conditions):
    scores = json.loads((workdir / "scores.json").read_text())
    found = [
        each
        for each in scores
        if each["name"] == name and conditions.items() <= each["conditions"].items()
    ]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def digits(data_dir):
    return datasets.open_dataset("digits", data_dir=str(data_dir))


@pytest.fixture(scope="module")
def training_images(digits):
    batches = datasets.evaluation_batches(digits, "train", image_size=16, batch_size=500)
    return np.concatenate(list(batches.as_numpy_iterator()))


def test_fld_is_that_of_all_training_codes(judged_run, training_images):
    model = keras.saving.load_model(judged_run / "checkpoints" / "last.keras")
    codes = np.asarray(model.encode(training_images), np.float64)
    mean, covariance = codes.mean(axis=0), np.cov(codes, rowvar=False)
    root = scipy.linalg.sqrtm(covariance).real
    expected = mean @ mean + np.trace(covariance - 2 * root + np.eye(8))
    found = score(judged_run, "fld")
    assert found["value"] == pytest.approx(expected, rel=1e-4)  # float32 codes in other batches
    assert found["step"] == 2
    assert found["conditions"]["num_codes"] == 1500
    # d/n · 4 times a number near 1 (the mean's part is d/n, the spread's about as much).
    assert 0.005 < found["conditions"]["expected_of_perfect_codes"] < 0.05


@pytest.mark.parametrize("sampler", ["prior", "gmm"])
def test_files_read_back_have_the_frechet_distance_of_the_scores(
    sampler, judged_run, data_dir, training_images, tmp_path
):
    flags = (f"--saved_model={judged_run / 'saved_model'}", f"--sampler={sampler}")
    files = tmp_path / "files"
    finished = run("ivaae_tf.sample", *flags, "--num_images=300", f"--out_dir={files}")
    assert finished.returncode == 0, finished.stderr
    generated = np.stack([np.asarray(Image.open(path)) for path in sorted(files.iterdir())])
    real = np.rint((training_images + 1) * 127.5).astype(np.uint8)

    (weights,) = (data_dir / "evaluation").glob("classifier-*.keras")
    classifier = Classifier(keras.saving.load_model(weights, compile=False))
    moments = []
    for images in (generated[..., np.newaxis], real):
        features = classifier(images).astype(np.float64)
        moments.append((features.mean(axis=0), np.cov(features, rowvar=False)))
    (mean, covariance), (other_mean, other_covariance) = moments
    root = scipy.linalg.sqrtm(covariance @ other_covariance).real
    expected = np.sum((mean - other_mean) ** 2)
    expected += np.trace(covariance + other_covariance - 2 * root)

    found = score(judged_run, "frechet_classifier", sampler=sampler)
    # A few pixels round to the neighbouring level where the order of sums differs.
    assert found["value"] == pytest.approx(expected, rel=1e-3)
    assert found["conditions"]["num_images"] == 300
    assert found["conditions"]["num_reference_images"] == 1500
    assert found["conditions"]["comparable_with_published_fid"] is False


def test_scores_taken_again_replace_themselves(judged_run, data_dir):
    before = json.loads((judged_run / "scores.json").read_text())
    flags = (f"--workdir={judged_run}", f"--data_dir={data_dir}", "--num_samples=300")
    finished = run("ivaae_tf.evaluate", *flags)
    assert "frechet_classifier" in finished.stdout
    assert json.loads((judged_run / "scores.json").read_text()) == before


def test_what_is_missing_is_named(judged_run, finished_run, data_dir, tmp_path, one_line_error):
    flags = (f"--workdir={judged_run}", f"--data_dir={data_dir}")
    line = one_line_error(run("ivaae_tf.evaluate", *flags, "--extractor=inception2015"))
    assert "--inception_graph" in line
    assert "classifier" in line
    nowhere = f"--inception_graph={tmp_path / 'none.pb'}"
    line = one_line_error(run("ivaae_tf.evaluate", *flags, "--extractor=inception2015", nowhere))
    assert "none.pb" in line
    line = one_line_error(run("ivaae_tf.evaluate", f"--workdir={tmp_path}"))
    assert "--workdir" in line
    export = (f"--workdir={finished_run}", f"--out={tmp_path / 'x'}", "--sampler=gmm")
    assert "ivaae_tf.evaluate --sampler=gmm" in one_line_error(run("ivaae_tf.export", *export))


def test_training_scores_itself_and_keeps_the_best_checkpoint(train, tmp_path):
    workdir = tmp_path / "run"
    flags = ("--evaluate_every=1", "--extractor=auto", "--num_samples=200")
    assert train(workdir, "--epochs=2", *flags).returncode == 0
    scores = json.loads((workdir / "scores.json").read_text())
    distances = {each["step"]: each["value"] for each in scores if "frechet" in each["name"]}
    assert set(distances) == {1, 2}
    best = keras.saving.load_model(workdir / "checkpoints" / "best.keras")
    best_epoch = min(distances, key=distances.get)
    assert int(best.encoder_optimizer.iterations) == best_epoch * (1500 // 64)
