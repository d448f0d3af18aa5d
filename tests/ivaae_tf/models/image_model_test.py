"""Keras's idioms: pairs of images, levels of images, and arguments without a use."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.priors import spherical_interpolation
from ivaae_tf.methods import METHODS
from ivaae_tf.models.build import build_model
from tests.marks import slow_unless
from tests.small_models import IMAGE_SHAPE, assert_equal, random_images, small_model

X = random_images(24)
NOISY = np.clip(X + 0.3 * random_images(24, seed=1), -1, 1).astype(np.float32)
INTEGERS = (127.5 * (X + 1)).astype(np.uint8)


def compiled(method):
    """Returns a small model of any method, whose steps are too few to be worth a graph."""
    model = build_model(
        method, network="fully_connected", image_shape=IMAGE_SHAPE, latent_dim=4, width=1 / 64
    )
    model.compile(*["adam"] * len(METHODS[method].networks), run_eagerly=True)
    return model


def fitted(model, *data, **options):
    model.fit(*data, batch_size=8, shuffle=False, verbose=0, **options)
    return model.get_weights()


def batches(*data):
    return tf.data.Dataset.from_tensor_slices(data if len(data) > 1 else data[0]).batch(8)


@pytest.mark.parametrize("method", slow_unless(METHODS, ("ivaae_radial", "vae", "ivgan")))
def test_the_images_as_their_own_targets_change_nothing(method):
    alone, pair = compiled(method), compiled(method)
    assert_equal(
        fitted(pair, X, X, validation_data=(X, X)), fitted(alone, X, validation_data=X[:]), rtol=0
    )
    assert pair.history.history == alone.history.history
    assert pair.evaluate(X, X, verbose=0) == alone.evaluate(X, verbose=0)


def test_a_data_set_of_pairs_is_a_pair_of_arrays():
    assert_equal(fitted(small_model(), batches(X, X)), fitted(small_model(), batches(X)))


def test_several_steps_in_a_call_take_pairs():
    models = [small_model(steps_per_execution=2) for _ in range(2)]
    data = batches(X, X).repeat(), batches(X).repeat()
    weights = [fitted(m, d, steps_per_epoch=3) for m, d in zip(models, data, strict=True)]
    assert_equal(*weights)


def test_targets_are_what_the_loss_is_of():
    """With λ alone, E and G descend the gradient of R(y, G(E(x))), taken here by another tape."""
    model, twin = (small_model(method="vae", posterior="point", posterior_weight=0.0) for _ in "ab")
    variables = [*twin.encoder.trainable_variables, *twin.decoder.trainable_variables]
    with tf.GradientTape() as tape:
        errors = tf.square(X - twin.decoder(twin.encoder(NOISY)))
        loss = 0.05 * tf.reduce_mean(tf.reduce_sum(errors, axis=[1, 2, 3]))
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        variable.assign_sub(0.1 * gradient)
    logs = model.train_on_batch(NOISY, X, return_dict=True)
    assert logs["reconstruction_loss"] == pytest.approx(float(loss), rel=1e-6)
    assert_equal(model.get_weights(), twin.get_weights(), rtol=1e-5, atol=1e-7)


def test_an_evaluation_of_pairs_is_the_error_of_the_targets():
    model = small_model()
    expected = 0.05 * np.square(X - model.predict(NOISY, verbose=0)).sum(axis=(1, 2, 3)).mean()
    # The sum of the losses, which has λ = 1, comes first, as in Keras.
    assert model.evaluate(NOISY, X, verbose=0) == pytest.approx([expected] * 2, rel=1e-6)


def test_an_array_is_trained_on_like_its_data_set():
    model, twin = small_model(), small_model()
    logs = model.train_on_batch(X[:8], return_dict=True)
    assert_equal(model.get_weights(), fitted(twin, X[:8]), rtol=1e-6)
    assert np.isfinite(list(logs.values())).all()
    assert model.test_on_batch(X) == pytest.approx(model.evaluate(X, verbose=0))


@pytest.mark.parametrize("method", ["ivaae_radial", "gan", "ivgan"])
@pytest.mark.parametrize(
    "y",
    [
        np.zeros(24),
        np.zeros(24, int),
        np.zeros((24, 1)),
        np.zeros((24, 4, 4, 3)),
        np.zeros((24, 5, 4, 1)),
    ],
)
def test_labels_and_other_shapes_are_refused(y, method):
    model = compiled(method)
    for run in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=r"^y must be None, or targets of the shape"):
            run(X, y, verbose=0)


@pytest.mark.parametrize("method", ["ivaae_radial", "gan", "ivgan"])
@pytest.mark.parametrize("data", [(INTEGERS,), (INTEGERS, INTEGERS), (X, INTEGERS), (X > 0,)])
def test_integers_are_refused(data, method):
    model = compiled(method)
    for run in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(ValueError, match=r"^Images must be .* x / 127.5 − 1 .*: (uint8|bool)"):
            run(*data)


@pytest.mark.parametrize("method", ["ivaae_radial", "ivgan"])
@pytest.mark.parametrize("use", ["predict", "encode", "codes", "__call__"])
def test_integers_have_no_codes_and_no_reconstructions(use, method):
    with pytest.raises(ValueError, match=r"Images must be floating-point numbers in \[−1, 1\]"):
        getattr(compiled(method), use)(INTEGERS)


@pytest.mark.parametrize("x", [[X, X], {"image": X}])
def test_several_tensors_are_refused(x):
    with pytest.raises(ValueError, match=r"^Images must be one tensor. Received: [12] in"):
        small_model().fit(x, verbose=0)


def test_weights_without_a_use_are_refused():
    with pytest.raises(ValueError, match=r"^class_weight must be None"):
        small_model().fit(X, X, verbose=0, class_weight={0: 1.0})
    with pytest.raises(ValueError, match=r"^sample_weight must be None, as Generative"):
        compiled("gan").fit(X, sample_weight=np.ones(24), verbose=0)


def level_warnings(run):
    """Returns the warnings of levels that a function gives."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        run()
    return [str(each.message) for each in given if "levels of up to" in str(each.message)]


@pytest.mark.parametrize("data", [X * 127.5, batches(X * 127.5)])
def test_levels_out_of_reach_are_warned_of_once(data):
    model = small_model()
    (line,) = level_warnings(lambda: [model.fit(data, epochs=2, verbose=0) for _ in "ab"])
    assert "±12" in line
    assert "x / 127.5 − 1" in line
    assert len(level_warnings(lambda: small_model().evaluate(data, verbose=0))) == 1


def test_levels_in_reach_are_not_warned_of():
    assert not level_warnings(lambda: small_model().fit(X / np.abs(X).max(), verbose=0))


def test_a_decoder_without_tanh_reaches_all_levels():
    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16)])
    decoder.add(keras.layers.Reshape(IMAGE_SHAPE))
    model = small_model()
    model = type(model)(model.encoder, decoder, model.intervention, model.divergence)
    model.compile("sgd", "sgd", "sgd")
    assert not level_warnings(lambda: model.fit(X * 1.5, verbose=0))


def test_interpolation_goes_along_great_arcs():
    """Compares with Shoemake (1985) in float64: even angles, constant norms."""
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 3, 5))
    end *= np.linalg.norm(start, axis=1, keepdims=True) / np.linalg.norm(end, axis=1, keepdims=True)
    weights = np.linspace(0, 1, 7)
    cosine = np.sum(start * end, 1) / np.linalg.norm(start, axis=1) / np.linalg.norm(end, axis=1)
    angle = np.arccos(cosine)[:, None, None]
    from_start = np.sin((1 - weights[:, None]) * angle) / np.sin(angle)
    from_end = np.sin(weights[:, None] * angle) / np.sin(angle)
    expected = from_start * start[:, None] + from_end * end[:, None]
    codes = [tf.constant(values, tf.float32) for values in (start, end, weights)]
    points = spherical_interpolation(*codes).numpy()
    np.testing.assert_allclose(points, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(points[:, 0], start, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(points[:, -1], end, rtol=1e-5, atol=1e-6)
    norms = np.linalg.norm(points, axis=-1)
    np.testing.assert_allclose(norms, np.repeat(norms[:, :1], 7, axis=1), rtol=1e-5)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0, 0.0])
def test_interpolation_between_codes_without_an_arc_is_a_straight_line(factor):
    """Takes ends of one direction, opposite ends (no unique arc) and an end of norm 0."""
    start = tf.constant([[3.0, 4.0]])
    points = spherical_interpolation(start, factor * start, tf.linspace(0.0, 1.0, 5)).numpy()
    assert np.all(np.isfinite(points))
    np.testing.assert_allclose(points[:, 0], start)
    np.testing.assert_allclose(points[:, -1], factor * start, atol=1e-6)
    if factor:
        line = np.linspace(1, factor, 5)[:, None] * start[0]
        np.testing.assert_allclose(points[0], line, atol=1e-5)
