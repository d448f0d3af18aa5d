"""Exports of a model with another prior than N(0, I)."""

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.export import model_card, onnx_model, saved_model
from ivaae_tf.export.explorer import page
from ivaae_tf.export.exported_model import ExportedModel
from ivaae_tf.models.samplers import Prior
from ivaae_tf.program.errors import UserError
from pipelines.images.transforms import unscale
from tests.small_models import small_model
from tests.written_runs import write_record_of


@pytest.fixture(scope="module")
def model():
    return small_model(prior="mixture", latent_dim=2, image_shape=(8, 8, 1))


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return write_record_of(model, folder, prior="mixture", method="ivaae_radial", width=1 / 64)


def test_samples_are_decoded_draws_and_ways_are_straight(model, tmp_path):
    sampler = Prior(model.prior)
    saved_model.write(model, [sampler], tmp_path)
    exported = ExportedModel(str(tmp_path), None, None)
    strips = exported.interpolations(num_strips=2, num_columns=3, seed=5)
    start, end = tf.split(sampler(4, seed=5), 2)
    codes = tf.reshape(tf.stack([start, (start + end) / 2, end], axis=1), [-1, 2])
    expected = unscale(model.decode(codes)).numpy().astype(int)
    assert np.max(np.abs(strips.astype(int) - expected)) <= 1
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    drawn = signatures["sample"](num_images=tf.constant(4), seed=tf.constant(5))["z"]
    np.testing.assert_allclose(drawn, sampler(4, seed=5), rtol=1e-5, atol=1e-6)


def test_the_cards_name_what_generates_images(model, run, tmp_path):
    card = model_card.write(run, model, [Prior(model.prior)])
    assert "| `interpolate` | `start`, `end` as `z`, `weights` float32 (m,) |" in card
    assert "| prior | mixture |" in card
    text = onnx_model.card(run.read_record(), model)
    assert 'z = np.load("codes.npy")[:16]' in text and "N(0, I)" not in text
    onnx_model.write(model, run.read_record().settings, tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), model.prior.draw(1_000, seed=0))


def test_the_page_of_the_explorer_is_refused(run, tmp_path):
    options = {"data": {}, "num_examples": 0, "onnxruntime_web_folder": None}
    with pytest.raises(UserError, match="--prior=mixture; expected gaussian"):
        page.write(run, tmp_path, **options)
