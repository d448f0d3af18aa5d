"""The methods of the related work from training to export, through the commands."""

import json
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.checkpoints import load_model
from tests.mains import Main

COUNTS = ("--num_samples=200", "--num_codes=500")


def run(module, *flags):
    finished = Main(module, *flags).wait()
    assert finished.returncode == 0, finished.stderr
    return finished


def scores_of(workdir):
    return json.loads((workdir / "scores.json").read_text())


@pytest.fixture(scope="module")
def rae(train, data_dir, tmp_path_factory):
    """A run of RAE-GP that scored itself, and was then evaluated and exported."""
    workdir = tmp_path_factory.mktemp("rae") / "run"
    flags = ("--method=rae_gp", "--latent_weight=0", "--epochs=2", "--evaluate_every=1")
    finished = train(workdir, *flags, *COUNTS)
    assert finished.returncode == 0, finished.stderr
    run("evaluate", f"--workdir={workdir}", f"--data_dir={data_dir}", *COUNTS)
    run("export", f"--workdir={workdir}", f"--out={workdir / 'saved_model'}")
    return workdir


def test_an_rae_is_judged_and_exported_with_its_mixture(rae):
    assert (rae / "checkpoints" / "best.keras").exists()
    samplers = {
        (each["conditions"]["sampler"], each["conditions"]["num_components"])
        for each in scores_of(rae)
        if each["name"] == "frechet_classifier"
    }
    assert samplers == {("gmm", 1), ("gmm", 10)}  # in training, and in the evaluation
    card = (rae / "saved_model" / "README.md").read_text()
    assert "`sample` is `sample_gmm`" in card
    signatures = tf.saved_model.load(str(rae / "saved_model")).signatures
    images = {
        name: signatures[name](num_images=tf.constant(3), seed=tf.constant(1))["images"].numpy()
        for name in ("sample", "sample_gmm", "sample_prior")
    }
    assert images["sample"].shape == (3, 16, 16, 1)
    np.testing.assert_array_equal(images["sample"], images["sample_gmm"])
    assert (images["sample"] != images["sample_prior"]).any()


def test_each_term_has_its_average(rae):
    logs = json.loads((rae / "history.json").read_text())["2"]
    assert {"reconstruction_loss", "posterior_loss", "decoder_penalty"} <= set(logs)
    assert "latent_loss" not in logs and "js_estimate" not in logs


@pytest.mark.slow
def test_a_killed_vae_goes_on_to_the_same_weights(start_training, train, tmp_path):
    flags = ("--method=vae", "--latent_weight=0", "--epochs=2", "--posterior_weight=0.1")
    assert train(tmp_path / "whole", *flags).returncode == 0
    running = start_training(tmp_path / "killed", *flags)
    checkpoint = tmp_path / "killed" / "checkpoints" / "last.keras"
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    running.process.kill()
    running.wait()
    assert train(tmp_path / "killed", *flags).returncode == 0
    models = [
        load_model(tmp_path / run / "checkpoints" / "last.keras") for run in ("whole", "killed")
    ]
    for variable, twin in zip(*(model.state_variables for model in models), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), twin, variable.path)


def test_scores_of_a_vae_are_of_draws(train, data_dir, tmp_path):
    workdir = tmp_path / "run"
    flags = ("--method=vae", "--latent_weight=0", "--epochs=1", "--posterior_weight=20")
    assert train(workdir, *flags).returncode == 0
    run("evaluate", f"--workdir={workdir}", f"--data_dir={data_dir}", *COUNTS)
    (fld,) = [each for each in scores_of(workdir) if each["name"] == "fld"]
    assert fld["conditions"]["codes"] == "draws"
    # With that weight the posterior is almost the prior: draws follow it, although their means,
    # all near 0, would score about 8, the latent dimension.
    assert fld["value"] < 1
