"""Products with XLA in training steps, against TensorFlow's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models import checkpoints, dense_products
from ivaae_tf.models.build import build_model
from tests.small_models import random_images

X = random_images(24, image_shape=(16, 16, 1))
RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(64, 300)).astype(np.float32)


def dense(units=256, **options):
    layer = keras.layers.Dense(units, activation="relu", **options)
    layer.build((None, 300))
    return layer


def is_sped_up(layer):
    dense_products.speed_up([layer])
    return "call" in vars(layer)


@pytest.fixture
def without_avx512(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")


def compiled():
    model = build_model("ivaae_radial", image_shape=(16, 16, 1), latent_dim=4, width=0.25)
    model.compile()
    return model


@pytest.mark.usefixtures("without_avx512")
def test_outputs_and_gradients_are_those_of_the_layer():
    """Allows for float32 rounding of sums of 300 products."""
    layer = dense()
    expected = layer(INPUTS, training=True)
    assert is_sped_up(layer)
    np.testing.assert_allclose(layer(INPUTS, training=True), expected, rtol=1e-5, atol=1e-5)

    def gradients(training):
        """Returns the gradients, and the gradients of the norm of one, as in a penalty."""
        x = tf.constant(INPUTS)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(layer(x, training=training) ** 2)
            first = tape.gradient(loss, [x, layer.kernel.value, layer.bias.value])
            penalty = tf.reduce_sum(first[0] ** 2)
        return [*first, *outer.gradient(penalty, [x, layer.kernel.value])]

    for found, plain in zip(gradients(True), gradients(False), strict=True):
        np.testing.assert_allclose(found, plain, rtol=1e-4, atol=1e-4 * np.abs(plain).max())


@pytest.mark.usefixtures("without_avx512")
def test_evaluation_is_unchanged():
    layer = dense()
    expected = layer(INPUTS)
    assert is_sped_up(layer)
    np.testing.assert_array_equal(layer(INPUTS), expected)


@pytest.mark.usefixtures("without_avx512")
def test_small_layers_other_types_and_subclasses_are_unchanged():
    class Own(keras.layers.Dense):
        pass

    own = Own(300)
    own.build((None, 300))
    assert not any(map(is_sped_up, [dense(255), dense(dtype="mixed_bfloat16"), own]))


def test_processors_with_avx512_and_replicas_are_unchanged(monkeypatch):
    features = {"SIMD Extensions": {"found": ["X86_V3", "X86_V4"]}}
    monkeypatch.setattr(np, "show_config", lambda mode: features)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    assert not is_sped_up(dense())
    features["SIMD Extensions"]["found"].pop()
    assert is_sped_up(dense())
    monkeypatch.setattr(tf.distribute.Strategy, "num_replicas_in_sync", 2)
    assert not is_sped_up(dense())


def test_a_training_is_the_same_up_to_rounding_and_its_file_has_plain_layers(tmp_path, monkeypatch):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    plain = compiled()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    models = [compiled() for _ in range(2)]
    for model in (plain, *models):
        model.fit(X, batch_size=8, epochs=2, shuffle=False, verbose=0)
    one, two = (model.get_weights() for model in models)
    for expected, found, again in zip(plain.get_weights(), one, two, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)  # one step of G or D
        np.testing.assert_array_equal(again, found)
    models[0].save(tmp_path / "model.keras")
    loaded = checkpoints.load_model(tmp_path / "model.keras")
    layers = [each for each in loaded.encoder.layers if isinstance(each, keras.layers.Dense)]
    assert [type(each) for each in layers] == [keras.layers.Dense] * 3
    np.testing.assert_array_equal(loaded.encode(X), models[0].encode(X))
