"""Tests of a run's scores against computations that share no code with them."""

import json
import os
import shutil
import signal
import time

import keras
import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ivaae_tf.metrics.extractors.classifier import Classifier
from ivaae_tf.program.atomic_files import MARK
from pipelines import datasets
from pipelines.batches import evaluation_batches
from tests.mains import Main, run


@pytest.fixture(scope="module")
def evaluated_run(finished_run, data_dir, tmp_path_factory):
    """Makes a run with scores of the prior and of a mixture, and with its export."""
    workdir = tmp_path_factory.mktemp("evaluated") / "run"
    shutil.copytree(finished_run, workdir)
    flags = (f"--workdir={workdir}", "--sampler=prior", "--sampler=gmm")
    finished = run("evaluate", *flags, f"--data_dir={data_dir}", "--num_samples=300")
    assert finished.returncode == 0, finished.stderr
    export = (*flags, f"--out={workdir / 'saved_model'}")
    assert run("export", *export).returncode == 0
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
    batches = evaluation_batches(digits, "train", image_size=16, batch_size=500)
    return np.concatenate(list(batches.as_numpy_iterator()))


def test_fld_is_that_of_all_training_codes(evaluated_run, training_images):
    model = keras.saving.load_model(evaluated_run / "checkpoints" / "last.keras")
    codes = np.asarray(model.encode(training_images), np.float64)
    mean, covariance = codes.mean(axis=0), np.cov(codes, rowvar=False)
    root = scipy.linalg.sqrtm(covariance).real
    expected = mean @ mean + np.trace(covariance - 2 * root + np.eye(8))
    found = score(evaluated_run, "fld")
    assert found["value"] == pytest.approx(expected, rel=1e-4)  # float32 codes in other batches
    assert found["epoch"] == 2
    assert found["conditions"]["num_codes"] == 1500
    # d/n · 4 times a number near 1 (d/n for the mean, about as much for the spread).
    assert 0.005 < found["conditions"]["expected_under_prior"] < 0.05


@pytest.mark.parametrize("sampler", ["prior", "gmm"])
def test_files_read_back_have_the_frechet_distance_of_the_scores(
    sampler, evaluated_run, data_dir, training_images, tmp_path
):
    flags = (f"--saved_model={evaluated_run / 'saved_model'}", f"--sampler={sampler}")
    files = tmp_path / "files"
    finished = run("sample", *flags, "--num_images=300", f"--out_dir={files}")
    assert finished.returncode == 0, finished.stderr
    generated = np.stack([np.asarray(Image.open(path)) for path in sorted(files.iterdir())])
    real = np.rint((training_images + 1) * 127.5).astype(np.uint8)

    found = score(evaluated_run, "frechet_classifier", sampler=sampler)
    # Other tests of this process may have trained a classifier for longer, in the same cache.
    (classifier,) = [
        each
        for path in (data_dir / "evaluation").glob("classifier-*.keras")
        if (each := Classifier(keras.saving.load_model(path, compile=False))).fingerprint[:16]
        == found["conditions"]["extractor_fingerprint"]
    ]
    moments = []
    for images in (generated[..., np.newaxis], real):
        features = classifier(images).astype(np.float64)
        moments.append((features.mean(axis=0), np.cov(features, rowvar=False)))
    (mean, covariance), (other_mean, other_covariance) = moments
    root = scipy.linalg.sqrtm(covariance @ other_covariance).real
    expected = np.sum((mean - other_mean) ** 2)
    expected += np.trace(covariance + other_covariance - 2 * root)

    # A few pixels round to the neighboring level because the order of sums differs.
    assert found["value"] == pytest.approx(expected, rel=1e-3)
    assert found["conditions"]["num_images"] == 300
    assert found["conditions"]["num_reference_images"] == 1500
    assert found["conditions"]["comparable_with_published_fid"] is False


def test_new_images_are_compared_with_the_training_images(
    evaluated_run, training_images, data_dir, tmp_path
):
    """By the pixels; the pairs and the score are computed a second time from the export."""
    workdir = tmp_path / "run"
    shutil.copytree(evaluated_run, workdir)
    finished = run(
        *("evaluate", f"--workdir={workdir}", f"--data_dir={data_dir}"),
        *("--extractor=none", "--num_samples=200", "--num_nearest=4"),
    )
    assert finished.returncode == 0, finished.stderr
    files = tmp_path / "files"
    saved_model = f"--saved_model={evaluated_run / 'saved_model'}"
    draw = run("sample", saved_model, f"--out_dir={files}", "--num_images=200")
    assert draw.returncode == 0, draw.stderr
    samples = np.stack([np.asarray(Image.open(path)) for path in sorted(files.glob("*.png"))])
    digits = datasets.open_dataset("digits", data_dir=str(data_dir))
    held_out = np.concatenate(
        list(evaluation_batches(digits, "validation", image_size=16, batch_size=500))
    )

    def to_training(images):
        flat = training_images.reshape(len(training_images), -1)
        return [np.linalg.norm(flat - image.reshape(-1), axis=1) for image in images]

    distances = np.array(to_training(samples / 127.5 - 1))
    others = np.min(to_training(held_out), axis=1)
    expected = np.mean(distances.min(axis=1)[:, np.newaxis] < others)
    found = score(workdir, "nearer_than_held_out")
    np.testing.assert_allclose(found["value"], expected, atol=2e-3)  # float32, and levels
    assert found["conditions"]["num_samples"] == 200
    picture = np.asarray(Image.open(workdir / "nearest_training_images.png"))
    assert picture.shape == (16 + 2 * 4, 8 * (32 + 4) + 4)
    first = distances.min(axis=1).argmin()
    np.testing.assert_allclose(picture[4:20, 4:20], samples[first], atol=1)
    copied = (training_images[distances[first].argmin()][..., 0] + 1) * 127.5
    np.testing.assert_allclose(picture[4:20, 20:36], copied, atol=1)


def test_scores_taken_again_replace_themselves(evaluated_run, data_dir):
    before = json.loads((evaluated_run / "scores.json").read_text())
    flags = (f"--workdir={evaluated_run}", f"--data_dir={data_dir}", "--num_samples=300")
    finished = run("evaluate", *flags)
    assert "frechet_classifier" in finished.stdout
    assert json.loads((evaluated_run / "scores.json").read_text()) == before


def test_what_is_missing_is_named(evaluated_run, finished_run, data_dir, tmp_path, one_line_error):
    flags = (f"--workdir={evaluated_run}", f"--data_dir={data_dir}")
    line = one_line_error(run("evaluate", *flags, "--extractor=inception2015"))
    assert "--inception_graph" in line
    assert "classifier" in line
    nowhere = f"--inception_graph={tmp_path / 'none.pb'}"
    line = one_line_error(run("evaluate", *flags, "--extractor=inception2015", nowhere))
    assert "none.pb" in line
    few = ("--sampler=gmm", "--num_codes=5", "--extractor=none")
    assert "at most the 5 codes; found 10" in one_line_error(run("evaluate", *flags, *few))
    line = one_line_error(run("evaluate", f"--workdir={tmp_path}"))
    assert "--workdir" in line
    export = (f"--workdir={finished_run}", f"--out={tmp_path / 'x'}", "--sampler=gmm")
    assert "ivaae evaluate --sampler=gmm" in one_line_error(run("export", *export))


def test_training_scores_itself(train, tmp_path):
    workdir = tmp_path / "run"
    flags = ("--evaluate_every=1", "--extractor=auto", "--num_samples=200")
    finished = train(workdir, "--epochs=2", *flags)
    assert finished.returncode == 0
    assert finished.stdout.count("\nfrechet_classifier ") == 2
    scores = json.loads((workdir / "scores.json").read_text())
    assert {each["epoch"] for each in scores if "frechet" in each["name"]} == {1, 2}
    assert {each["epoch"] for each in scores if each["name"] == "ssim"} == {1, 2}


def test_scores_say_the_size_the_classifier_and_the_mixture(evaluated_run):
    found = score(evaluated_run, "frechet_classifier", sampler="gmm")["conditions"]
    assert found["image_size"] == 16
    assert found["resize"] == "bilinear antialiased to 32"
    assert found["classifier_test_accuracy"] > 0.8
    assert (found["num_components"], found["num_fitted_codes"]) == (10, 1500)
    assert score(evaluated_run, "reconstruction_sse")["conditions"]["image_size"] == 16


def test_scores_go_to_tensorboard(evaluated_run):
    events = EventAccumulator(str(evaluated_run / "logs"), size_guidance={"tensors": 0}).Reload()
    for tag, conditions in (
        ("scores/frechet_classifier", {"name": "frechet_classifier", "sampler": "prior"}),
        ("scores_of_gmm/frechet_classifier", {"name": "frechet_classifier", "sampler": "gmm"}),
        ("scores/fld", {"name": "fld"}),
    ):
        *_, event = events.Tensors(tag)
        assert event.step == 2
        expected = score(evaluated_run, **conditions)["value"]
        assert float(tf.make_ndarray(event.tensor_proto)) == pytest.approx(expected, rel=1e-6)


def test_the_model_card_has_the_scores_of_the_mixture_that_is_exported(
    evaluated_run, data_dir, tmp_path
):
    workdir = tmp_path / "run"
    shutil.copytree(evaluated_run, workdir)
    flags = (f"--workdir={workdir}", "--sampler=gmm")
    refit = ("--num_components=2", "--extractor=none", f"--data_dir={data_dir}")
    assert run("evaluate", *flags, *refit, "--num_samples=50").returncode == 0
    assert run("export", *flags, f"--out={tmp_path / 'out'}").returncode == 0
    card = (tmp_path / "out" / "README.md").read_text()
    assert "2 components," in card
    assert "10 components" not in card
    assert "sampler prior" in card


def test_an_interrupted_evaluation_keeps_what_is_finished(finished_run, data_dir, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(finished_run, workdir)
    flags = (f"--workdir={workdir}", f"--data_dir={data_dir}", "--extractor=none")
    running = Main("evaluate", *flags, "--num_samples=10000000")
    deadline = time.monotonic() + 120
    while not _names(workdir) >= {"fld", "ssim", "sharpness"} and time.monotonic() < deadline:
        time.sleep(0.05)
    while running.process.is_alive() and time.monotonic() < deadline:
        os.kill(running.process.pid, signal.SIGINT)
        running.process.join(5)  # one can be lost while TensorFlow traces a function
    finished = running.wait()
    assert finished.returncode == 130
    assert _names(workdir) == {
        "fld",
        "reconstruction_sse",
        "reconstruction_mse",
        "ssim",
        "sharpness",
    }
    assert not list(workdir.glob(f"{MARK}*"))


def _names(workdir):
    path = workdir / "scores.json"
    return {each["name"] for each in json.loads(path.read_text())} if path.exists() else set()
