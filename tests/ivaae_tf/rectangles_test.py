"""Images of 24×16 pixels, from a folder of photos to every output of a run."""

import json

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image

from ivaae_tf.api.opening import open_run
from ivaae_tf.commands.show import describe
from ivaae_tf.export import run_export
from ivaae_tf.runs.directory import RunDirectory

NUM_PHOTOS = 48


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Photos of several sizes, wider and higher than 3:2."""
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for index in range(NUM_PHOTOS):
        shape = (30, 40, 3) if index % 2 else (33, 20, 3)
        pixels = generator.integers(0, 256, shape, np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def run(train, photos, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("rectangle") / "run"
    flags = ("--dataset=folder", f"--image_folder={photos}", "--image_size=24,16", "--epochs=1")
    flags += ("--network=residual", "--batch_size=8", "--likelihood=l1", "--extractor=none")
    finished = train(workdir, *flags, "--num_samples=16")
    assert finished.returncode == 0, finished.stderr
    return RunDirectory(workdir)


@pytest.fixture(scope="module")
def scores(run, data_dir):
    return open_run(run.path).evaluate(
        data_dir=str(data_dir),
        extractor="none",
        num_samples=16,
        num_codes=16,
        samplers=["gmm"],
        num_components=1,
        num_nearest=3,
        num_projected=4,
    )


def test_the_record_has_height_and_width(run):
    assert json.loads(run.record_path.read_text())["settings"]["image_size"] == [24, 16]
    assert run.read_record().settings.image_size == (24, 16)
    assert run.load_best().image_shape == (24, 16, 3)
    assert any("24×16 pixels" in line for line in describe(run))


def test_scores_say_the_size(scores):
    assert {score.conditions["image_size"] for score in scores} == {"24×16"}
    assert {"fld", "reconstruction_sse", "ssim", "sharpness"} <= {score.name for score in scores}


def test_pictures_are_rows_and_columns_of_rectangles(run, scores):
    with Image.open(run.samples_path) as picture:
        width, height = picture.size
    gap = 2
    assert (width - gap) % (16 + gap) == (height - gap) % (24 + gap) == 0
    folder = run.logs_path / "projector"
    assert "single_image_dim: 16\n    single_image_dim: 24" in _config(folder.parent)
    with Image.open(folder / "images.png") as sprite:
        assert sprite.size == (2 * 16, 2 * 24)


def _config(folder):
    return (folder / "projector_config.pbtxt").read_text()


def test_exports_generate_rectangles(run, scores, tmp_path):
    model = run.load_best()
    run_export.write_saved_model(run, model, tmp_path, [])
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    images = signatures["sample"](num_images=tf.constant(2), seed=tf.constant(0))["images"]
    assert images.shape == (2, 24, 16, 3)
    assert signatures["encode"](images=images)["z"].shape == (2, model.latent_dim)
    assert "24×16" in (tmp_path / "README.md").read_text()
    run_export.write_onnx(run, model, tmp_path)
    session = onnxruntime.InferenceSession(tmp_path / "decoder.onnx")
    z = np.zeros((2, model.latent_dim), np.float32)
    decoded = session.run(None, {"z": z})[0]
    np.testing.assert_allclose(decoded, model.decode(z), atol=1e-4)


def test_outliers_are_cropped_like_the_training_images(run, scores, photos, data_dir, tmp_path):
    """The model has the same errors on centers that Pillow cuts and resizes."""
    opened = open_run(run.path)
    found = opened.outliers(photos, tmp_path, num_worst=4, data_dir=str(data_dir))
    assert found.num_images == NUM_PHOTOS
    header, first, *_ = (line.split(",") for line in (tmp_path / "outliers.csv").open())
    row = dict(zip(header, first, strict=True))
    with Image.open(photos / row["file"]) as photo:
        # The largest centers of 3:2 are 30×20 in both sizes of photos.
        left, top = (photo.width - 20) // 2, (photo.height - 30) // 2
        center = photo.crop((left, top, left + 20, top + 30))
        pixels = np.asarray(center.resize((16, 24), Image.Resampling.BILINEAR), np.float32)
    x = pixels[np.newaxis] / 127.5 - 1
    error = np.sum((np.asarray(run.load_best()(x)) - x) ** 2)
    np.testing.assert_allclose(float(row["reconstruction_sse"]), error, rtol=0.01)
