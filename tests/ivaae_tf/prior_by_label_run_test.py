"""A run with --prior_by_label through everything that uses runs, in this process."""

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

import ivaae_tf as iv
from ivaae_tf.export.exported_model import ExportedModel
from ivaae_tf.layers.priors import default_mixture
from ivaae_tf.plots import charts, codes
from pipelines.batches import evaluation_batches, stored_labels
from tests.ivaae_tf.conditional_test import IMAGES, LABELS
from tests.python_runs import COUNTS, assert_killed_training_resumes

OPTIONS = {
    "prior": "mixture",
    "prior_components": 2,
    "prior_by_label": True,
    "latent_dim": 2,
    "width": 0.1,
    "image_size": 8,
    "batch_size": 30,
    "epochs": 30,
    "learning_rate": 5e-3,
    "latent_weight": 2,
    "evaluate_every": 0,
    "pictures_every": 30,
    "verbose": 0,
}


UNKNOWN = np.where(np.arange(200) % 8 < 6, LABELS, "")  # without every fourth label


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return iv.train(tmp_path_factory.mktemp("runs") / "run", IMAGES, UNKNOWN, **OPTIONS)


def test_held_out_images_have_the_component_of_their_class(run):
    """The score is of Bayes' theorem in NumPy, and a wrong order of the components is an error."""
    scores = run.evaluate(per_class=True, **COUNTS)
    (score,) = (each for each in scores if each.name == "classification_error")
    batches = evaluation_batches(run._data, "validation", image_size=8, batch_size=100)
    labels = stored_labels(run._data, "validation")
    z = np.concatenate([run.model.encode(images) for images in batches])[labels >= 0]
    prior = default_mixture(2, 2)
    residuals = z[:, np.newaxis] - prior.means
    squares = np.einsum("nkd,kde,nke->nk", residuals, np.linalg.inv(prior.covariances), residuals)
    expected = np.mean(squares.argmin(axis=1) != labels[labels >= 0])  # of equal determinants
    assert score.value == pytest.approx(expected)
    assert score.value < 0.2
    assert score.conditions["num_images"] == np.sum(labels >= 0)
    history = run.files.read_history()
    assert history[OPTIONS["epochs"]]["val_label_error"] == pytest.approx(expected)


def test_images_of_a_label_are_of_its_component(run, tmp_path):
    images = run.sample(50, seed=1, label="left").astype(float)
    assert images[:, :, 4:].mean() > 2 * images[:, :, :4].mean()
    with pytest.raises(iv.UserError, match="label must be one of left, right; found up"):
        run.sample(1, label="up")
    run.export(tmp_path / "model")
    exported = ExportedModel(str(tmp_path / "model"), None, None, "left")
    np.testing.assert_array_equal(np.concatenate(list(exported.samples(50, 100, 1))), images)
    z = run.files.load_sampler("prior", run.model).of_label("right")(4_000, 0).numpy()
    prior, error = default_mixture(2, 2), 5 / np.sqrt(4_000)
    np.testing.assert_allclose(z.mean(0), prior.means[1], atol=error)
    np.testing.assert_allclose(np.cov(z.T), prior.covariances[1], atol=error)
    signatures = tf.saved_model.load(str(tmp_path / "model")).signatures
    assert set(signatures["decode"].structured_input_signature[1]) == {"z"}
    run.export(tmp_path / "onnx", format="onnx")
    decoder = onnxruntime.InferenceSession(tmp_path / "onnx" / "decoder.onnx")
    (decoded,) = decoder.run(None, {"z": z[:3]})
    np.testing.assert_allclose(decoded, run.model.decode(z[:3]), atol=1e-5)


@pytest.mark.slow
def test_a_killed_training_is_resumed_to_the_same_weights(tmp_path):
    assert_killed_training_resumes(tmp_path, IMAGES, UNKNOWN, OPTIONS)


def test_the_report_shows_the_picture_of_the_codes(run, tmp_path):
    run.report(tmp_path / "report")
    (picture,) = (tmp_path / "report").rglob("codes_*run.png")
    assert picture.read_bytes() == run.files.read_picture(run.files.pictures["codes"])


def test_the_picture_has_codes_and_the_ellipses_of_components(run, monkeypatch):
    """Of draws of a Gaussian, a share 1 − exp(−2²/2) = 0.8647 is within two deviations."""
    assert run.files.read_picture(run.files.pictures["codes"])
    figures = []

    def panels(count, size, draw_axes):
        figures.append(Figure())
        draw_axes(figures[0], [figures[0].subplots()])

    monkeypatch.setattr(charts, "panels", panels)
    prior = default_mixture(2, 3)
    y = np.arange(6_000) % 3
    noise = np.random.default_rng(0).normal(size=(6_000, 2))
    z = prior.means[y] + np.einsum("nde,ne->nd", prior.factors[y], noise)
    codes.draw(z, y - 1, ["a", "b", "c"], prior.means, prior.covariances)
    (axes,) = figures[0].axes
    ellipses = [patch for patch in axes.patches if isinstance(patch, Ellipse)]
    for number, ellipse in enumerate(ellipses):
        path = ellipse.get_transform() - axes.transData
        inside = path.transform_path(ellipse.get_path()).contains_points(z[y == number])
        assert np.mean(inside) == pytest.approx(1 - np.exp(-2), abs=5 * np.sqrt(0.12 / 2_000))
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c"]
    (points,) = axes.collections
    found = {tuple(color) for color in points.get_facecolors()[y == 1]}
    assert found == {ellipses[0].get_edgecolor()}  # y − 1 = 0


def test_data_without_the_classes_of_the_components_are_refused(run, tmp_path):
    for labels, line in [
        (None, "--prior_by_label needs data with at least 2 labels; found none"),
        (np.arange(200) % 3, "prior_components must be the number of classes, 3, with prior_by"),
    ]:
        with pytest.raises(iv.UserError, match=line):
            iv.train(tmp_path / "run", IMAGES, labels, **OPTIONS)
