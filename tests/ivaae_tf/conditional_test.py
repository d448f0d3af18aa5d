"""A run with --conditional through everything that uses runs, in this process."""

import re

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import ivaae_tf as iv
from ivaae_tf.export.exported_model import ExportedModel
from pipelines.batches import evaluation_batches, stored_labels, training_batches
from tests.python_runs import COUNTS, assert_killed_training_resumes

DIGITS = load_digits()
IMAGES = np.float32(DIGITS.images[:200] / 16)
# Which half of the image is dark: something that the decoder can only have from the label.
LABELS = np.array(["left", "right"])[np.arange(200) % 2]
IMAGES[LABELS == "left", :, :4] = 0
IMAGES[LABELS == "right", :, 4:] = 0
OPTIONS = {
    "conditional": True,
    "latent_dim": 4,
    "width": 0.1,
    "image_size": 8,
    "batch_size": 30,
    "epochs": 40,
    "learning_rate": 5e-3,
    "evaluate_every": 0,
    "pictures_every": 40,
    "verbose": 0,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return iv.train(tmp_path_factory.mktemp("runs") / "run", IMAGES, LABELS, **OPTIONS)


@pytest.fixture(scope="module")
def export(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "saved_model"
    run.export(folder)
    return folder


def _halves(images):
    """Returns the mean levels of the left and of the right halves."""
    return images[:, :, :4].mean(), images[:, :, 4:].mean()


def test_images_of_a_label_look_like_its_training_images(run):
    left, right = _halves(run.sample(50, label="left"))
    assert right > 2 * left
    left, right = _halves(run.sample(50, label="right"))
    assert left > 2 * right
    # Without a label both are there.
    left, right = _halves(run.sample(200))
    assert 0.5 < left / right < 2
    with pytest.raises(iv.UserError, match="label must be one of left, right; found up"):
        run.sample(1, label="up")


@pytest.mark.slow
def test_a_killed_training_is_resumed_to_the_same_weights(tmp_path):
    assert_killed_training_resumes(tmp_path, IMAGES, LABELS, {**OPTIONS, "input_noise": 0.3})


def test_scores_are_of_the_images_own_labels(run):
    scores = run.evaluate(per_class=True, **COUNTS)
    (sse,) = (score for score in scores if score.name == "reconstruction_sse")
    data = run._data
    batches = evaluation_batches(data, "validation", image_size=8, batch_size=100)
    images = np.concatenate(list(batches))
    labels = stored_labels(data, "validation")
    errors = (images - run.model((images, labels)).numpy()) ** 2
    assert sse.value == pytest.approx(errors.sum(axis=(1, 2, 3)).mean(), rel=1e-4)
    swapped = (images - run.model((images, 1 - labels)).numpy()) ** 2
    assert swapped.sum(axis=(1, 2, 3)).mean() > 2 * sse.value
    of_classes = [each for each in scores if each.name == "reconstruction_sse_per_class"]
    assert {each.conditions["of"] for each in of_classes} == {"left", "right"}
    found = run.outliers(split="validation", false_alarm_rate=0.2)
    assert found.table["reconstruction_sse"].mean() == pytest.approx(sse.value, rel=1e-4)


def test_the_signatures_have_labels(run, export):
    signatures = tf.saved_model.load(str(export)).signatures
    images = run.sample(3, seed=1, label="right")
    model = ExportedModel(str(export), None, None, "right")
    np.testing.assert_array_equal(np.concatenate(list(model.samples(3, 100, 1))), images)
    label = tf.constant(["right", "left", "right"])
    z = signatures["encode"](images=images)["z"]
    decoded = signatures["decode"](z=z, label=label)["images"].numpy()
    x = images / np.float32(127.5) - 1
    x_hat = run.model((x, np.array([1, 0, 1]))).numpy()
    np.testing.assert_allclose(decoded, (x_hat + 1) * 127.5, atol=0.51)
    np.testing.assert_array_equal(
        signatures["reconstruct"](images=images, label=label)["images"], decoded
    )
    sse = signatures["score"](images=images, label=label)["reconstruction_sse"].numpy()
    np.testing.assert_allclose(sse, np.sum((x - x_hat) ** 2, axis=(1, 2, 3)), rtol=1e-4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="no such label"):
        signatures["decode"](z=z, label=tf.constant(["up"] * 3))
    with pytest.raises(iv.UserError, match="--label must be one of left, right; found up"):
        ExportedModel(str(export), None, None, "up")
    without = ExportedModel(str(export), None, None)
    with pytest.raises(iv.UserError, match=r"--interpolation: .* conditional, so it needs --label"):
        without.interpolations(2, 3, 0)
    ways = model.interpolations(2, 3, 0).reshape(2, 3, 8, 8)
    z = np.random.default_rng(0).standard_normal((2, 2, 4))  # start and end of each way
    ends = run.model.decode(z.astype(np.float32).transpose(1, 0, 2).reshape(4, 4), [1] * 4)
    expected = 127.5 * (ends.numpy().reshape(2, 2, 8, 8) + 1)
    np.testing.assert_allclose(ways[:, ::2], expected, atol=0.51)
    assert "labels: left, right" in (export / "README.md").read_text("utf-8")


def test_the_onnx_decoder_has_a_label(run, tmp_path, monkeypatch):
    run.export(tmp_path / "onnx", format="onnx")
    decoder = onnxruntime.InferenceSession(tmp_path / "onnx" / "decoder.onnx")
    z = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    label = np.array([-1, 0, 1])
    (images,) = decoder.run(None, {"z": z, "label": label})
    np.testing.assert_allclose(images, run.model.decode(z, label), atol=1e-5)
    monkeypatch.chdir(tmp_path / "onnx")
    card = (tmp_path / "onnx" / "README.md").read_text("utf-8")
    names = {}
    exec(re.search(r"```python\n(.*?)```", card, re.DOTALL)[1], names)
    assert names["images"].shape == (16, 8, 8, 1)


def test_what_a_conditional_run_refuses(run, tmp_path):
    for call, line in [
        (lambda: run.evaluate(sampler="class_gmm", **COUNTS), "found a conditional model"),
        (
            lambda: iv.evaluate(run.model, IMAGES, **COUNTS),
            "labels must be of left, right; found n",
        ),
        (lambda: run.outliers(IMAGES[:2]), "need a label of left, right .*; found none"),
        (lambda: iv.train(tmp_path, IMAGES, **OPTIONS), "at least 2 labels; found none"),
        (lambda: iv.train(tmp_path, method="rae_l2", **OPTIONS), "conditional must have its def"),
        (lambda: run.explore(tmp_path / "x", num_examples=-1), "num_examples must be an integer"),
    ]:
        with pytest.raises(iv.UserError, match=line):
            call()
    assert "<html" in run.report(tmp_path / "report").read_text("utf-8")


@pytest.mark.parametrize("cache", ["none", "memory"])
def test_batches_have_the_label_of_each_image(run, cache):
    """With a cache and without, and in the order of batches without labels."""
    data = run._data
    options = {"image_size": 8, "batch_size": 45, "seed": 3, "cache": cache}
    alone = training_batches(data, **options).take(5)
    pairs = training_batches(data, with_labels=True, **options).take(5)
    for images, (same, labels) in zip(alone, pairs, strict=True):
        np.testing.assert_array_equal(images, same)
        is_dark = np.max(same.numpy()[:, :, :4], axis=(1, 2, 3)) == -1
        np.testing.assert_array_equal(labels.numpy() == 0, is_dark)
