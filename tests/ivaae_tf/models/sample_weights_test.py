"""Weights of images and of pixels, against sums by hand; and `loss`, the sum that E descends."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.likelihoods import GaussianLikelihood, Likelihood
from ivaae_tf.models.sample_weights import weights_of
from tests.small_models import assert_equal, random_images, small_model

X = random_images(8)
MASK = np.ones_like(X)
MASK[:, :, :2] = 0
PER_IMAGE = np.array([0, 0.5, 1, 2, 0, 1, 3, 0.25], np.float32)
ALL_LOSSES = {"posterior": "gaussian", "posterior_weight": 0.5, "reconstruction_weight": 3.0}


def step(model, *data):
    """Returns the logs of one step, and the change of the weights of E and G."""
    variables = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    before = [variable.numpy() for variable in variables]
    logs = model.train_step(data[0] if len(data) == 1 else data)
    return logs, [variable.numpy() - old for variable, old in zip(variables, before, strict=True)]


@pytest.mark.parametrize(
    ("weights", "tolerance"), [(np.ones(8), {"rtol": 1e-5, "atol": 1e-8}), (np.ones_like(X), {})]
)
def test_weights_of_one_change_nothing(weights, tolerance):
    """With weights of images, the gradients of a code are added in another order."""
    logs, change = step(small_model(**ALL_LOSSES), X, X, weights)
    expected_logs, expected = step(small_model(**ALL_LOSSES), X)
    assert_equal(logs.values(), expected_logs.values(), **tolerance)
    assert_equal(change, expected, **tolerance)


def test_weights_of_images_are_those_of_the_sum_of_their_steps():
    """With SGD and an intervention on each code alone, a step is a sum over the images.

    D is the same at first, and does not learn, as its rate is 0. Each image in turn has all weight.
    """
    rates, options = (0.1, 0.1, 0.0), {**ALL_LOSSES, "num_bridges": 2}
    logs, change = step(small_model(rates=rates, **options), X, X, PER_IMAGE)
    alone = [
        step(small_model(rates=rates, **options), X, X, np.eye(8, dtype=np.float32)[i])
        for i in range(8)
    ]
    for index, total in enumerate(change):
        expected = sum(w * each[1][index] for w, each in zip(PER_IMAGE, alone, strict=True))
        np.testing.assert_allclose(total, expected, rtol=1e-3, atol=1e-6)
    for name in ("reconstruction_loss", "posterior_loss"):
        values = [float(each[0][name]) for each in alone]
        assert float(logs[name]) == pytest.approx(float(np.dot(PER_IMAGE, values)), rel=1e-5)


@pytest.mark.parametrize("mask", [MASK, MASK[..., :1]])
def test_pixels_without_weight_have_no_cost_and_no_gradient(mask):
    model = small_model()
    x_hat = tf.Variable(random_images(8, seed=1))
    with tf.GradientTape() as tape:
        costs = weights_of(mask, tf.constant(X)).costs(model.likelihood, X, x_hat)
    seen = np.square(X - x_hat.numpy())[:, :, 2:]
    np.testing.assert_allclose(costs, 0.05 * seen.sum(axis=(1, 2, 3)), rtol=1e-5)
    gradient = tape.gradient(costs, x_hat).numpy()
    assert not gradient[:, :, :2].any()
    assert gradient[:, :, 2:].all()


def test_the_variance_of_missing_values_is_not_learned():
    """γ² = Σ w e² / Σ w has the greatest likelihood, so its gradient is 0."""
    likelihood, x_hat = GaussianLikelihood(), random_images(8, seed=1)
    likelihood.build(X.shape, X.shape)
    weights = 2 * MASK * np.random.default_rng(0).uniform(size=X.shape).astype(np.float32)
    variance = np.sum(weights * np.square(X - x_hat)) / weights.sum()
    likelihood.log_gamma.assign(np.log(variance) / 2)
    with tf.GradientTape() as tape:
        cost = tf.reduce_sum(likelihood.weighted(X, x_hat, weights))
    assert float(tape.gradient(cost, likelihood.log_gamma.value)) == pytest.approx(0, abs=1e-3)
    assert_equal(likelihood.weighted(X, x_hat, np.ones_like(X)), likelihood(X, x_hat), rtol=1e-6)


def test_other_weights_are_refused():
    for shape in ((8, 1), (8, 4, 1, 1), (8, 4, 4, 3)):
        with pytest.raises(ValueError, match=r"^sample_weight must have a weight for each image"):
            weights_of(np.ones(shape), tf.constant(X))
    with pytest.raises(ValueError, match=r"^Likelihood has no weights of pixels"):
        weights_of(MASK, tf.constant(X)).costs(Likelihood(), X, X)


def test_fit_and_evaluate_take_weights_and_the_defaults_of_callbacks_work(tmp_path):
    """An array with weights needs no targets; `val_loss` is what callbacks monitor by default."""
    model = small_model(reconstruction_weight=2.0)
    value, cost = model.evaluate(X, sample_weight=MASK, verbose=0)
    errors = 0.05 * np.square(X - model.predict(X, verbose=0))[:, :, 2:].sum(axis=(1, 2, 3))
    assert (value, cost) == pytest.approx((2 * errors.mean(), errors.mean()), rel=1e-5)
    best = tmp_path / "best.keras"
    callbacks = [
        keras.callbacks.EarlyStopping(min_delta=1e9, patience=1),
        keras.callbacks.ReduceLROnPlateau(min_delta=1e9, patience=1, cooldown=9),
        keras.callbacks.ModelCheckpoint(best, save_best_only=True),
    ]
    history = model.fit(
        *(X, None),
        sample_weight=PER_IMAGE,
        validation_data=(X, X, MASK),
        epochs=5,
        verbose=0,
        callbacks=callbacks,
    ).history
    assert len(history["val_loss"]) == 2  # The first epoch is the best one.
    assert float(model.decoder_optimizer.learning_rate) == pytest.approx(0.01)
    assert best.exists()
    sums = 2 * np.array(history["reconstruction_loss"])
    sums += model.latent_weight * np.array(history["latent_loss"])
    np.testing.assert_allclose(history["loss"], sums, rtol=1e-5)
    assert history["val_loss"] == pytest.approx([2 * v for v in history["val_reconstruction_loss"]])
