"""Runs on signals: sines of random phase and amplitude, of which two numbers are free."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import ivaae_tf as iv
from ivaae_tf.models.networks import convolutional
from ivaae_tf.plots.images import read_png
from ivaae_tf.plots.signals import line_grid
from tests.mains import run as run_command

LENGTH, CHANNELS = 16, 2
_RANDOM = np.random.default_rng(0)
# Sines a·sin(t) + b·cos(t) span a plane; the second channel has a larger unit and an offset.
_TIMES = np.arange(LENGTH) * 2 * np.pi / LENGTH
SINES = _RANDOM.normal(size=(2000, 2)) @ [np.sin(_TIMES), np.cos(_TIMES)]
SIGNALS = np.float32(np.stack([SINES, 100 - 30 * SINES], axis=2))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("signals") / "sines.npy"
    np.save(path, SIGNALS)
    return path


def linear(shape, outputs):
    layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(math.prod(outputs))]
    return keras.Sequential([*layers, keras.layers.Reshape(outputs)])


@pytest.fixture(scope="module")
def run(file):
    keras.utils.set_random_seed(0)
    return iv.train(
        file.parent / "run",
        file,
        kind="signals",
        method="aae",
        encoder=linear((LENGTH, CHANNELS), (2,)),
        decoder=linear((2,), (LENGTH, CHANNELS)),
        latent_dim=2,
        latent_weight=0.0,
        batch_size=100,
        learning_rate=1e-2,
        epochs=6,
        evaluate_every=0,
        pictures_every=6,
        verbose=0,
    )


def test_each_channel_is_scaled_over_the_training_split(file):
    dataset = iv.open_dataset(file, kind="signals")
    train = SIGNALS[[int(name[4:]) for name in dataset.names_of("train")]].astype(np.float64)
    np.testing.assert_allclose(dataset.kind.mean, train.mean(axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(dataset.kind.deviation, train.std(axis=(0, 1)), rtol=1e-12)
    scaled = dataset.kind.scale(train).numpy()
    np.testing.assert_allclose(scaled[..., 0], -scaled[..., 1], atol=1e-4)
    # An axis of channels is added, and an array is the same data as a file.
    one = iv.open_dataset(SIGNALS[..., 0], kind="signals")
    assert one.kind.shape == (LENGTH, 1)
    assert iv.open_dataset(SIGNALS, kind="signals").fingerprint == dataset.fingerprint


def test_linear_networks_reconstruct_sines(run):
    """Sines are a plane, so that two codes suffice; 2 % of the variance is left after 108 steps."""
    scores = {score.name: score for score in run.evaluate(num_samples=200)}
    assert scores["reconstruction_sse"].value < 0.02 * LENGTH * CHANNELS
    assert {"fld", "frechet_signals", "precision_signals", "recall_signals"} <= scores.keys()
    assert not {"sharpness", "ssim"} & scores.keys()
    # Samples are sines, too: both channels have the same phase, in their units.
    samples = run.sample(50)
    assert samples.shape == (50, LENGTH, CHANNELS)
    spectrum = np.abs(np.fft.rfft(samples[..., 0], axis=1)) ** 2
    assert spectrum[:, 1].sum() > 0.95 * spectrum.sum()
    found = np.corrcoef(samples[..., 0].ravel(), samples[..., 1].ravel())[0, 1]
    assert found < -0.95


def test_pictures_are_lines_and_the_report_has_them(run, tmp_path):
    for name in ("samples", "reconstructions"):
        assert read_png((run.path / f"{name}.png").read_bytes()).shape[1] == 8 * 160
    page = run.report(tmp_path / "report")
    assert "samples" in page.read_text("utf-8")
    assert (tmp_path / "report").joinpath("samples_side_by_side.png").exists()


def test_a_line_has_its_place_and_its_height():
    signals = np.zeros((3, 40, 1))
    signals[1:, :, 0] = [[1.0], [0.5]]
    picture = line_grid(signals, num_columns=2)
    assert picture.shape == (200, 320, 3)
    dark = np.argwhere(picture.sum(axis=2) < 600)
    for cell, height in enumerate([0.05, 0.95, 0.5]):
        row, column = divmod(cell, 2)
        inside = dark[(dark[:, 0] // 100 == row) & (dark[:, 1] // 160 == column)]
        assert np.ptp(inside[:, 1]) == pytest.approx(0.9 * 160, abs=4)
        assert inside[:, 0].mean() % 100 == pytest.approx(100 * (1 - height), abs=1)


def test_outliers_name_times_and_channels(run, tmp_path):
    signals = SIGNALS[:9].copy()
    signals[4, 3, 1] += 1000
    table = run.outliers(signals, tmp_path / "out").table
    assert table["file"][0] == "row 4"
    assert table["largest_errors"][0].startswith("channel 1 at 3 +")
    assert (tmp_path / "out" / "worst.png").exists()
    np.save(tmp_path / "new.npy", signals)
    again = run.outliers(tmp_path / "new.npy").table
    np.testing.assert_array_equal(again["reconstruction_sse"], table["reconstruction_sse"])
    with pytest.raises(iv.UserError, match=r"rows have shape \(8, 2\); expected \(16, 2\)"):
        run.outliers(signals[:, :8])


def test_categories_of_signals_have_a_picture_of_lines_and_no_classifier(tmp_path):
    options = {"method": "aae", "num_categories": 2, "latent_dim": 2, "width": 0.02, "epochs": 1}
    options |= {"evaluate_every": 0, "pictures_every": 2, "verbose": 0}
    labels = np.arange(200) % 2
    run = iv.train(tmp_path / "run", SIGNALS[:200], labels, kind="signals", **options)
    run.classify(SIGNALS[:9], grid=tmp_path / "grid.png")
    # A row for each category: its head and nine signals, of which some are missing.
    assert read_png((tmp_path / "grid.png").read_bytes()).shape == (2 * 100, 10 * 160, 3)
    counts = {"num_samples": 20, "num_codes": 100, "num_components": 1}
    names = {each.name for each in run.evaluate(sampler="class_gmm", per_class=True, **counts)}
    assert {"reconstruction_sse_per_class", "classification_error"} <= names
    assert "class_accuracy_classifier" not in names


def test_an_export_has_signals_in_their_units(run, tmp_path):
    run.export(tmp_path / "export")
    signatures = tf.saved_model.load(str(tmp_path / "export")).signatures
    found = signatures["reconstruct"](x=tf.constant(SIGNALS[:20]))["x"].numpy()
    assert np.abs(found - SIGNALS[:20]).max(axis=(0, 1)) == pytest.approx([0, 0], abs=30)
    sample = ["sample", f"--saved_model={tmp_path / 'export'}", "--num_images=7", "--seed=3"]
    assert run_command(*sample, f"--out={tmp_path / 'new.npy'}").returncode == 0
    sampled = run.sample(7, seed=3)
    np.testing.assert_allclose(np.load(tmp_path / "new.npy"), sampled, rtol=1e-5, atol=1e-4)
    refused = run_command(*sample, f"--out={tmp_path / 'new.csv'}")
    assert "signals of shape (16, 2) need a .npy file" in refused.stderr


@pytest.mark.parametrize("options", [{}, {"method": "rae_sn"}, {"method": "vae"}])
def test_convolutions_have_one_dimension(options):
    options = {"method": "ivaae_radial", "latent_dim": 4, "width": 0.02, **options}
    model = iv.build_model(image_shape=(32, 3), network="convolutional", **options)
    model.compile(run_eagerly=True)
    x = np.random.default_rng(0).normal(size=(8, 32, 3)).astype(np.float32) * 10
    assert np.isfinite(list(model.train_on_batch(x, return_dict=True).values())).all()
    assert model(x).shape == (8, 32, 3)
    assert sum(isinstance(each, keras.layers.Conv1D) for each in model.encoder.layers) == 4


def test_a_convolution_of_a_signal_is_that_of_an_image_of_one_row():
    """The kernel of an image's convolution has 5 rows, of which the middle one sees the row."""
    signal, image = (
        convolutional.encoder((16, 2), 3, 0.01),
        convolutional.encoder((16, 16, 2), 3, 0.01),
    )
    one, two = signal.layers[0], image.layers[0]
    kernel = np.zeros(two.kernel.shape, np.float32)
    kernel[2] = one.kernel.numpy()
    two.set_weights([kernel, one.bias.numpy()])
    x = np.random.default_rng(0).normal(size=(4, 16, 2)).astype(np.float32)
    rows = np.repeat(x[:, np.newaxis], 16, axis=1)
    np.testing.assert_allclose(two(rows)[:, 3], one(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options, problem",
    [
        ({"network": "residual"}, "network=residual needs images; found signals"),
        (
            {"network": "convolutional", "latent_dim": 2},
            "length of signals must be a multiple of 16",
        ),
        ({"method": "gan"}, "method=gan needs images; found signals"),
        ({"kind": "films"}, "kind must be one of images, vectors, signals. Received: 'films'"),
        ({"kind": "vectors"}, r"expected numbers of shape \(rows, columns\)"),
    ],
)
def test_what_signals_cannot_be_is_refused(options, problem, tmp_path):
    options = {"kind": "signals", "width": 0.01, "verbose": 0, **options}
    with pytest.raises(iv.UserError, match=problem):
        iv.train(tmp_path / "run", SIGNALS[:100, :12], **options)


def test_a_table_has_vectors(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,4\n", "utf-8")
    with pytest.raises(iv.UserError, match="--kind=signals: a CSV table has vectors"):
        iv.open_dataset(tmp_path / "x.csv", kind="signals")
    with pytest.raises(iv.UserError, match="--kind=signals needs --dataset=array"):
        iv.open_dataset("digits", kind="signals")
