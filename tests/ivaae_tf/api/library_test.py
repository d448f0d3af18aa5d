"""Runs are trained and used from Python as by the commands."""

import shutil

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

import ivaae_tf as iv
from ivaae_tf.export.exported_model import ExportedModel
from tests.mains import run as run_command
from tests.python_runs import COUNTS, STEPS, At, assert_same

DIGITS = load_digits()
IMAGES = np.float32(DIGITS.images[:200] / 16)
LABELS = DIGITS.target[:200] % 2
TINY = {
    "latent_dim": 4,
    "width": 0.05,
    "image_size": 8,
    "batch_size": 30,
    "evaluate_every": 0,
    "learning_rate": 1e-3,
    "verbose": 0,
}


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A run on an array, which a callback ended after two of five epochs."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    return iv.train(folder, IMAGES, LABELS, epochs=5, callbacks=[At(2 * STEPS)], **TINY)


@pytest.mark.usefixtures("short_classifier_training")
def test_the_function_and_the_command_train_the_same(finished_run, data_dir, tmp_path):
    command = iv.open_run(finished_run)
    settings = command.settings.to_record()
    run = iv.train(tmp_path / "run", epochs=2, data_dir=data_dir, verbose=0, **settings)
    assert run.settings == command.settings
    assert_same(run, command)


def test_the_function_and_the_command_store_the_same_scores(finished_run, data_dir, tmp_path):
    one, two = (shutil.copytree(finished_run, tmp_path / name) for name in ("one", "two"))
    counts = [f"--{name}={value}" for name, value in COUNTS.items()]
    flags = ("--sampler=prior", "--sampler=gmm", f"--data_dir={data_dir}", *counts)
    finished = run_command("evaluate", f"--workdir={one}", *flags)
    assert finished.returncode == 0, finished.stderr
    scores = iv.open_run(two).evaluate(samplers=["prior", "gmm"], data_dir=data_dir, **COUNTS)
    assert {score.name for score in scores} >= {"fld", "reconstruction_sse", "sharpness"}
    assert (two / "scores.json").read_bytes() == (one / "scores.json").read_bytes()


@pytest.mark.slow
def test_an_interrupted_training_is_resumed_to_the_same_weights(mine, tmp_path, capsys):
    def train(step=None):
        callbacks = [At(step, KeyboardInterrupt())] if step else []
        options = {**TINY, "epochs": 2, "checkpoint_every_steps": 4, "callbacks": callbacks}
        return iv.train(tmp_path / "run", IMAGES, LABELS, **options)

    # Within an epoch after a checkpoint, and at the end of an epoch before its checkpoint.
    for step in (STEPS + 3, 2 * STEPS):
        with pytest.raises(KeyboardInterrupt):
            train(step)
    run = train()
    assert_same(run, mine)
    assert capsys.readouterr().out == ""
    assert keras.config.dtype_policy().name == "float32"


def test_a_callback_can_end_the_training_after_an_epoch(mine):
    assert list(mine.history) == [1, 2]


def test_samples_are_those_of_an_export(mine, tmp_path):
    mine.export(tmp_path / "out")
    expected = np.concatenate(
        list(ExportedModel(str(tmp_path / "out"), None, None).samples(5, 100, 3))
    )
    images = mine.sample(5, seed=3)
    assert images.shape == (5, 8, 8, 1)
    np.testing.assert_array_equal(images, expected)


def test_outliers_of_an_array_are_found(mine, tmp_path):
    noise = np.random.default_rng(0).random((2, 8, 8)) > 0.5
    images = np.concatenate([IMAGES[:20], noise])
    found = mine.outliers(images, tmp_path / "out", false_alarm_rate=0.1)
    assert set(found.table["file"][:2]) == {"images[20]", "images[21]"}
    assert found.num_images == 22
    assert (tmp_path / "out" / "outliers.csv").exists()
    # The model itself gives the same costs.
    x = 2 * images[..., np.newaxis] - 1
    x = np.float32(np.round(127.5 * (x + 1)) / 127.5 - 1)
    errors = np.sum((x - mine.model.decode(mine.model.encode(x)).numpy()) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(found.table["reconstruction_sse"], np.sort(errors)[::-1], rtol=1e-4)


def test_a_run_of_an_array_is_used_without_and_with_it(mine, tmp_path):
    run = iv.open_run(mine.path)
    run.second_stage(data=iv.open_dataset(IMAGES, LABELS), epochs=1, width=0.02, verbose=0)
    assert run.sample(2, sampler="second_stage").shape == (2, 8, 8, 1)
    assert "<html" in run.report(tmp_path / "report").read_text("utf-8")
    assert run.evaluate(data=iv.open_dataset(IMAGES, LABELS), per_class=True, **COUNTS)
    with pytest.raises(iv.UserError, match="the images are an array in memory, which no command"):
        run.evaluate(**COUNTS)
    with pytest.raises(
        iv.UserError, match="images and labels of 'memory' differ from the training data"
    ):
        run.evaluate(data=IMAGES, **COUNTS)


def test_a_model_without_a_run_is_scored(mine, tmp_path):
    """Its run gives the same scores, except for the epoch."""
    options = {**COUNTS, "samplers": ["prior", "gmm"], "num_components": 2}
    of_run = mine.evaluate(**options)
    of_model = iv.evaluate(mine.model, IMAGES, LABELS, data_dir=tmp_path, **options)
    assert [score.value for score in of_model] == [score.value for score in of_run]
    with pytest.raises(iv.UserError, match=r"the model has images of shape \(8, 8, 1\)"):
        iv.evaluate(mine.model, np.ones((9, 8, 8, 3)), **COUNTS)


def test_images_may_have_five_channels(tmp_path, capsys):
    images = np.random.default_rng(0).random((40, 6, 9, 5))
    options = {**TINY, "evaluate_every": 1, "verbose": 2, "fit": "stretch"}
    run = iv.train(tmp_path / "run", images, epochs=1, num_samples=20, num_codes=20, **options)
    assert "no pictures: they have 1 or 3 channels, the images 5" in capsys.readouterr().out
    assert run.sample(2).shape == (2, 8, 8, 5)
    with pytest.raises(iv.UserError, match="a picture has 1 or 3 channels"):
        run.evaluate(num_nearest=2, **COUNTS)
    with pytest.raises(iv.UserError, match="extractor=keras_inception needs images of 1 or 3"):
        run.evaluate(extractor="keras_inception")
    with pytest.raises(iv.UserError, match=r"the images have 1 channel\(s\), expected 5"):
        run.outliers(IMAGES[:3])


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"latent_wieght": 1}, "unknown argument 'latent_wieght'; did you mean latent_weight?"),
        ({"zzz": 1}, "unknown argument 'zzz'; expected one of adam_beta_1, "),
        ({"epochs": 0}, "epochs must be an integer between 1 and 1,000,000. Received: 0"),
        ({"epochs": "2"}, "epochs must be an integer between 1 and 1,000,000. Received: '2'"),
        ({"jit_compile": 1}, "jit_compile must be True or False. Received: 1"),
        ({"method": "aee"}, "method must be one of ivaae_blockwise, "),
        ({"label": 7}, "label must be text. Received: 7"),
        ({"image_folder": "nowhere"}, "image_folder=nowhere: there is no such folder"),
        ({"profile_steps": 3}, "profile_steps must be the first and the last step"),
        ({"allow_change": "seed"}, "allow_change must be one of learning_rate_encoder, "),
        ({"data": IMAGES, "dataset": "mnist"}, "data and dataset are given; expected one"),
        ({"data": "digits", "labels": [1]}, "labels are for an array"),
        ({"data": 3 * IMAGES}, "the array has levels from 0.0 to 3.0; expected 0 to 1"),
        ({"data": IMAGES, "labels": LABELS[:2]}, "the array has labels of shape (2,)"),
    ],
    ids=str,
)
def test_invalid_arguments_are_one_line(options, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(iv.UserError) as error:
        iv.train("run", **options)
    assert str(error.value).startswith(line)
    assert not list(tmp_path.iterdir())


def test_what_a_run_refuses(mine, tmp_path):
    for call, line in [
        (lambda: iv.open_run(tmp_path), "is not the --workdir of a training run"),
        (lambda: mine.sample(0), "num_images must be an integer"),
        (lambda: mine.export(tmp_path), "--out: .* exists"),
        (lambda: mine.export(tmp_path / "a*"), "TensorFlow takes "),
        (lambda: mine.export("x", format="onnx", sampler="gmm"), "an ONNX file has no sampler"),
        (lambda: mine.outliers(), "give one of images, image_folder, array and split"),
        (lambda: mine.outliers(IMAGES, split="train"), "give one of images"),
        (lambda: iv.evaluate(mine.model, IMAGES, sampler="second_stage"), "belongs to a run"),
        (lambda: iv.open_dataset(tmp_path / "none"), "there is no such folder or file"),
    ]:
        with pytest.raises(iv.UserError, match=line):
            call()


def test_a_command_refuses_the_run_of_an_array(mine, one_line_error):
    line = one_line_error(run_command("evaluate", f"--workdir={mine.path}"))
    assert "the images are an array in memory, which no command has" in line
