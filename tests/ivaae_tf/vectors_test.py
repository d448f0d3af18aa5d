"""Runs on vectors: linear networks against PCA, exports in the data's units, refusals."""

import json

import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers

import ivaae_tf as iv
from ivaae_tf.methods import METHODS
from tests.mains import run as run_command

COLUMNS, LATENT_DIM = 6, 2
DEVIATIONS = np.array([3.0, 2.0, 1.0, 0.8, 0.7, 0.6])
_RANDOM = np.random.default_rng(0)
_BASIS = np.linalg.qr(_RANDOM.normal(size=(COLUMNS, COLUMNS)))[0]
ROWS = np.float32(100 + 20 * _RANDOM.normal(size=(6000, COLUMNS)) * DEVIATIONS @ _BASIS)
NAMES = [f"column {number}" for number in range(COLUMNS)]
OPTIONS = {
    "method": "aae",
    "latent_dim": LATENT_DIM,
    "latent_weight": 0.0,
    "batch_size": 120,
    "learning_rate": 1e-2,
    "evaluate_every": 0,
    "verbose": 0,
}


def linear(inputs, outputs):
    return keras.Sequential([keras.Input((inputs,)), layers.Dense(outputs)])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "x.csv"
    np.savetxt(path, ROWS, fmt="%.9g", delimiter=",", header=",".join(NAMES), comments="")
    return path


@pytest.fixture(scope="module")
def linear_run(table):
    """A linear auto-encoder without a term on the codes, whose optimum is PCA."""
    keras.utils.set_random_seed(0)
    return iv.train(
        table.parent / "linear",
        table,
        encoder=linear(COLUMNS, LATENT_DIM),
        decoder=linear(LATENT_DIM, COLUMNS),
        epochs=8,
        lr_decay_epochs=[5],
        lr_decay_factors=[0.1],
        **OPTIONS,
    )


@pytest.fixture(scope="module")
def export(linear_run, table):
    linear_run.export(table.parent / "export")
    return str(table.parent / "export")


@pytest.fixture(scope="module")
def maps(linear_run):
    """mean and deviation, and both maps, in float64."""
    kind = linear_run.files.read_record().kind
    weights = linear_run.model.encoder.get_weights() + linear_run.model.decoder.get_weights()
    return [np.array(each, np.float64) for each in (kind.mean, kind.deviation, *weights)]


def reconstructed(rows, maps):
    mean, deviation, encoder, offset, decoder, bias = maps
    return (((rows - mean) / deviation @ encoder + offset) @ decoder + bias) * deviation + mean


def test_linear_networks_reach_the_error_of_pca(linear_run, table):
    """Within 2 %: 360 steps of Adam end near the optimum, and both are of the same rows."""
    scores = {score.name: score for score in linear_run.evaluate(num_samples=200)}
    dataset = iv.open_dataset(table)
    train, held_out = (
        (ROWS[[int(name[5:]) - 2 for name in dataset.names_of(split)]] - dataset.kind.mean)
        / dataset.kind.deviation
        for split in ("train", "validation")
    )
    directions = np.linalg.svd(train - train.mean(axis=0))[2][LATENT_DIM:]
    expected = np.mean(np.sum((held_out @ directions.T) ** 2, axis=1))
    assert scores["reconstruction_sse"].value == pytest.approx(expected, rel=0.02)
    assert scores["frechet_vectors"].conditions["kind"] == "vectors"
    assert {"fld", "precision_vectors", "recall_vectors"} <= scores.keys()
    assert not {"sharpness", "ssim"} & scores.keys()


def test_an_export_has_the_units_of_the_data(linear_run, export, maps, tmp_path):
    import tensorflow as tf

    signatures = tf.saved_model.load(export).signatures
    found = signatures["reconstruct"](x=tf.constant(ROWS[:20]))["x"].numpy()
    assert found.dtype == np.float32
    assert np.abs(found).max() > 50
    # float32 has a relative error of 6e-8, at values of 1e3 after sums of a few terms.
    np.testing.assert_allclose(found, reconstructed(ROWS[:20], maps), rtol=1e-4, atol=1e-2)
    # The command and the run sample the same rows.
    sampled = linear_run.sample(7, seed=3)
    sample = ["sample", f"--saved_model={export}", "--num_images=7", "--seed=3"]
    for name in ("new.csv", "new.npy"):
        assert run_command(*sample, f"--out={tmp_path / name}").returncode == 0
    np.testing.assert_allclose(np.load(tmp_path / "new.npy"), sampled, rtol=1e-6)
    lines = (tmp_path / "new.csv").read_text("utf-8").splitlines()
    assert lines[0] == ",".join(NAMES)
    np.testing.assert_allclose(np.loadtxt(lines[1:], delimiter=","), sampled, rtol=1e-6)


def test_onnx_files_have_the_units_of_the_data(linear_run, maps, tmp_path):
    linear_run.export(tmp_path / "onnx", format="onnx")
    encoder, decoder = (
        onnxruntime.InferenceSession(tmp_path / "onnx" / f"{name}.onnx")
        for name in ("encoder", "decoder")
    )
    (z,) = encoder.run(None, {"x": ROWS[:20]})
    (x,) = decoder.run(None, {"z": z})
    np.testing.assert_allclose(x, reconstructed(ROWS[:20], maps), rtol=1e-4, atol=1e-2)
    card = (tmp_path / "onnx" / "README.md").read_text("utf-8")
    assert "`x` (n, 6)" in card
    assert "`x` has the units of the data" in card
    assert json.loads((tmp_path / "onnx" / "columns.json").read_text("utf-8")) == NAMES


def test_samples_of_a_linear_map_have_its_covariance(tmp_path):
    """12 columns are a linear map of 3 numbers and noise, and the networks are linear.

    The best reconstruction is on the plane of the first 3 principal components, so its error is the
    noise in the 9 other directions, 9/12 of all noise if columns were not scaled. The best samples
    have the covariance of the data on the plane. The entries of a covariance of n samples have the
    variance (c_ij² + c_ii c_jj) / n.
    """
    random, noise, n = np.random.default_rng(0), 0.1, 500
    x = random.normal(size=(6000, 3)) @ random.normal(size=(3, 12))
    rows = np.float32(x + noise * random.normal(size=x.shape))
    run = iv.train(
        tmp_path / "run",
        rows,
        encoder=linear(12, 3),
        decoder=linear(3, 12),
        width=0.03,
        epochs=24,
        lr_decay_epochs=[14, 20],
        lr_decay_factors=[0.1, 0.01],
        reconstruction_weight=20,
        learning_rate_discriminator=2e-2,
        **{
            **OPTIONS,
            "method": "ivaae_radial",
            "latent_dim": 3,
            "latent_weight": 0.4,
            "learning_rate": 2e-2,
        },
    )
    kind = run.files.read_record().kind
    scaled = (rows - np.array(kind.mean)) / kind.deviation
    errors = scaled - run.model(np.float32(scaled), training=False).numpy()
    of_noise = np.sum(noise**2 / np.square(kind.deviation))
    assert np.mean(np.sum(errors**2, axis=1)) < 1.05 * of_noise
    plane = np.linalg.svd(scaled - scaled.mean(axis=0), full_matrices=False)[2][:3]
    projection = plane.T @ plane
    expected = projection @ np.cov(scaled.T) @ projection
    found = np.cov(((run.sample(n, seed=1) - kind.mean) / kind.deviation).T)
    variances = np.diag(expected)
    standard_errors = np.sqrt((expected**2 + np.outer(variances, variances)) / n)
    assert np.max(np.abs(found - expected) / standard_errors) < 3


def test_outliers_are_lines_with_the_columns_that_cost_most(linear_run, maps, tmp_path):
    rows = ROWS[:9].copy()
    rows[4, 3] += 1e4
    text = "\n".join([",".join(NAMES), *(",".join(map(repr, row)) for row in rows.tolist())])
    (tmp_path / "new.csv").write_text(text, "utf-8")
    table = linear_run.outliers(tmp_path / "new.csv", tmp_path / "out").table
    errors = (rows - reconstructed(rows, maps)) / maps[1]
    sse = np.sum(errors**2, axis=1)
    order = np.argsort(-sse)
    np.testing.assert_allclose(table["reconstruction_sse"], sse[order], rtol=1e-3)
    assert table["file"].tolist() == [f"line {row + 2}" for row in order]
    assert table["file"][0] == "line 6"
    assert table["is_outlier"][0] == 1
    for row, words in zip(order, table["largest_errors"], strict=True):
        largest = np.argsort(-np.abs(errors[row]))[:3]
        assert [part.rpartition(" ")[0] for part in words.split(", ")] == [
            NAMES[column] for column in largest
        ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["outliers.csv"]
    with pytest.raises(iv.UserError, match="rows have columns x0, x1; expected column 0, column 1"):
        linear_run.outliers(ROWS[:, :2])


class Stop(keras.callbacks.Callback):
    """Ends the training after an epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 0


def test_a_resumed_run_is_the_same_bit_for_bit(tmp_path):
    rows = ROWS[:200]
    options = {**OPTIONS, "latent_weight": 0.4, "batch_size": 60, "width": 0.02, "epochs": 2}
    iv.train(tmp_path / "a", rows, callbacks=[Stop()], **options)
    resumed = iv.train(tmp_path / "a", rows, **options)
    whole = iv.train(tmp_path / "b", rows, **options)
    assert resumed.history == whole.history
    for one, two in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "method", [name for name, row in METHODS.items() if row.system == "autoencoder"]
)
def test_every_autoencoder_trains_on_vectors(method):
    model = iv.build_model(method, image_shape=(5,), latent_dim=4, width=0.01)
    model.compile(run_eagerly=True)
    x = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32) * 10
    logs = model.train_on_batch(x, return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    assert model(x).shape == (8, 5)


@pytest.mark.parametrize(
    "options, problem",
    [
        ({"method": "gan"}, "method=gan needs images; found vectors"),
        ({"method": "ivgan"}, "method=ivgan needs images; found vectors"),
        ({"network": "convolutional"}, "network=convolutional needs images"),
        ({"network": "residual"}, "network=residual needs images"),
        ({"likelihood": "ssim"}, "likelihood=ssim needs images"),
        ({"method": "vae", "likelihood": "bernoulli"}, "likelihood=bernoulli needs images"),
        ({"image_size": 32}, "--image_size=32 is for images; found vectors"),
        ({"fit": "pad"}, "--fit=pad is for images; found vectors"),
        ({"crop": 32}, "--crop=32 is for images; found vectors"),
        ({"horizontal_flip": True}, "--horizontal_flip=True is for images; found vectors"),
        ({"evaluate_every": 1, "extractor": "classifier"}, "--extractor=classifier needs images"),
    ],
)
def test_what_needs_images_is_refused(options, problem, tmp_path):
    with pytest.raises(iv.UserError, match=problem):
        iv.train(tmp_path / "run", ROWS[:100], verbose=0, **{"width": 0.01, **options})


def test_what_shows_pictures_is_refused(linear_run, export, tmp_path):
    with pytest.raises(iv.UserError, match="show images; found vectors"):
        linear_run.evaluate(num_nearest=2)
    workdir = f"--workdir={linear_run.path}"
    for command in (
        ["film", workdir, f"--out={tmp_path / 'film.webp'}"],
        ["explore", workdir, f"--out={tmp_path / 'page'}"],
        ["sample", f"--saved_model={export}", f"--grid={tmp_path / 'grid.png'}"],
    ):
        result = run_command(*command)
        assert result.returncode != 0
        assert "vectors" in result.stderr
    assert "6 columns" in run_command("show", str(linear_run.path)).stdout
