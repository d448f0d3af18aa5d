"""Files of version 0.1.0 can still be resumed, scored, exported, sampled and reported."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivaae_tf.models.checkpoints import load_model
from tests.mains import Main

GOLDEN = Path(__file__).with_name("golden")

# The flags of the run.
FLAGS = (
    "--dataset=digits",
    "--image_size=16",
    "--method=ivaae_svgd",
    "--latent_dim=4",
    "--width=0.02",
    "--batch_size=64",
    "--learning_rate_encoder=1e-3",
    "--learning_rate_decoder=1e-3",
    "--learning_rate_discriminator=1e-3",
    "--lr_decay_epochs=2",
    "--lr_decay_factors=0.5",
)
COUNTS = ("--num_samples=200", "--num_codes=500", "--extractor=none")
STEPS_PER_EPOCH = 1500 // 64


def succeed(module, *flags):
    finished = Main(module, *flags).wait()
    assert finished.returncode == 0, finished.stderr
    return finished


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def workdir(tmp_path):
    """A copy of the run that the test may change."""
    return shutil.copytree(GOLDEN / "run", tmp_path / "run")


def _root_mean_squares(variables, others):
    differences = [
        np.asarray(variable, np.float64) - np.asarray(other, np.float64)
        for variable, other in zip(variables, others, strict=True)
    ]
    return np.array([np.sqrt(np.mean(difference**2)) for difference in differences])


def test_the_run_is_resumed_to_the_same_weights(workdir, data_dir):
    flags = (f"--workdir={workdir}", f"--data_dir={data_dir}", "--epochs=3", "--evaluate_every=0")
    succeed("train", *FLAGS, *flags)
    resumed = load_model(workdir / "checkpoints" / "last.keras")
    before = load_model(GOLDEN / "run" / "checkpoints" / "last.keras")
    expected = load_model(GOLDEN / "resumed.keras")
    assert resumed.steps_trained == expected.steps_trained == 3 * STEPS_PER_EPOCH
    assert list(json.loads((workdir / "history.json").read_text())) == ["1", "2", "3"]
    # The random state is a number of draws, which rounding does not change.
    state, expected_state = (each.intervention.seed_generator.state for each in (resumed, expected))
    np.testing.assert_array_equal(state, expected_state)
    # Relative to an epoch's move of each weight, sums in another order (oneDNN off) change it by at
    # most 1e-6, and other noise by at least 6e-3.
    errors = _root_mean_squares(resumed.weights, expected.weights)
    moves = _root_mean_squares(expected.weights, before.weights)
    assert np.all(errors <= 1e-3 * moves)


def test_the_run_is_scored_again_to_the_same_scores(workdir, data_dir):
    scores = json.loads((workdir / "scores.json").read_text())
    flags = (f"--workdir={workdir}", f"--data_dir={data_dir}")
    succeed("evaluate", *flags, *COUNTS)
    again = [
        score
        for score in json.loads((workdir / "scores.json").read_text())
        if score["conditions"].get("of") != "reconstructions"  # not in that version
    ]
    assert len(again) == len(scores)  # Each replaced the older one.
    for score, old in zip(again, scores, strict=True):
        assert score["name"] == old["name"]
        assert score["value"] == pytest.approx(old["value"], rel=1e-3)


def test_the_run_and_its_mixture_are_exported(workdir, tmp_path):
    out = tmp_path / "saved_model"
    samplers = ("--sampler=prior", "--sampler=gmm")
    succeed("export", f"--workdir={workdir}", f"--out={out}", *samplers)
    card = (out / "README.md").read_text()
    assert "2 epochs, 46 steps of 64 images" in card
    assert "frechet_classifier" in card
    for sampler in ("prior", "gmm"):
        pictures = []
        for saved_model in (out, GOLDEN / "saved_model"):
            grid = tmp_path / "grid.png"
            flags = (f"--saved_model={saved_model}", f"--sampler={sampler}", f"--grid={grid}")
            succeed("sample", *flags)
            pictures.append(np.asarray(Image.open(grid), np.int32))
        np.testing.assert_array_equal(*pictures)
        if sampler == "prior":
            stored = np.asarray(Image.open(GOLDEN / "grid.png"), np.int32)
            # Sums in another order may round to the neighboring level.
            np.testing.assert_allclose(pictures[0], stored, atol=1)


def test_the_run_is_reported(tmp_path):
    out = tmp_path / "report"
    succeed("report", GOLDEN / "run", f"--out={out}")
    text = (out / "report.md").read_text()
    assert "FLD" in text and "67 ±" in text
    scores = (out / "scores_over_epochs.csv").read_text().splitlines()
    assert len(scores) == 1 + len(json.loads((GOLDEN / "run" / "scores.json").read_text()))
    assert {line.split(",")[1] for line in scores[1:]} == {"1", "2"}
    assert "Some parts are missing" not in text
