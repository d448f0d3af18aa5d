"""Labels of conditional models against theory: the game of pairs (z, y), and zero columns."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from ivaae_tf.layers import AdversarialDivergence
from ivaae_tf.layers.labels import Labels, NoLabels
from ivaae_tf.program.errors import UserError
from tests.small_models import assert_equal, random_images, small_model

NUM_POINTS = 20_000


class BestDiscriminator(keras.Layer):
    """log p_k of [z, one-hot y] up to a constant, for codes on halves of N(0, 1).

    Args:
        sees_labels: Whether it uses the columns of y; otherwise the codes of both are N(0, 1).
    """

    def __init__(self, sees_labels):
        super().__init__()
        self.sees_labels = sees_labels

    def call(self, inputs):
        z, y = inputs[:, 0], inputs[:, 1:]
        is_of_its_half = tf.where(z < 0, y[:, 0], y[:, 1])
        density = 2 * is_of_its_half if self.sees_labels else tf.ones_like(z)
        return tf.math.log(tf.stack([density, tf.ones_like(z)], axis=1) + 1e-30)


@pytest.mark.parametrize("sees_labels, expected", [(True, 0.75 * np.log(4 / 3)), (False, 0.0)])
def test_the_game_with_labels_is_about_the_codes_of_each_class(sees_labels, expected):
    """Class 0 has the negative half of N(0, 1), class 1 the positive half.

    Where a half has codes, its density is twice the density p of the prior: JS of q(z|y) and p is
    ½ log(4/3) + ½ (½ log(2/3) + ½ log 2) = ¾ log(4/3). The sum over quantiles is exact, because the
    integrand is constant on each half.
    """
    quantiles = (np.arange(NUM_POINTS) + 0.5) / NUM_POINTS
    prior = scipy.stats.norm.ppf(quantiles)
    # Each class has the same number of codes, and meets the whole prior.
    negative = scipy.stats.norm.ppf(quantiles / 2)
    z = np.stack([np.concatenate([negative, -negative]), np.concatenate([prior, prior])])
    labels = np.repeat([0, 1], NUM_POINTS)
    rungs = Labels(["a", "b"]).of(labels).append(tf.constant(z[..., np.newaxis], tf.float32))
    inputs = keras.Input((3,))
    best = keras.Model(inputs, BestDiscriminator(sees_labels)(inputs))
    _, logs = AdversarialDivergence(best).discriminator_loss(rungs)
    assert float(logs["js_estimate"]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("method", ["ivaae_radial", "wae_gan", "vae"])
def test_with_columns_of_zeros_a_step_is_the_step_without_labels(method):
    model, twin = small_model(method), small_model(method, labels=["a", "b"])
    for weight, same in zip(twin.weights, model.weights, strict=True):
        values = weight.numpy()
        values[: same.shape[0] if same.shape else None] = same.numpy()
        weight.assign(values)
    columns = [weight.numpy()[4:] for weight in twin.weights if weight.shape[:1] == (6,)]
    assert len(columns) == (1 if method == "vae" else 2)  # of G and D
    unknown = tf.fill([8], -1)
    for step in range(2):
        x = tf.constant(random_images(seed=step))
        logs, expected = twin.train_step((x, unknown)), model.train_step(x)
        assert {name: float(value) for name, value in logs.items()} == {
            name: float(value) for name, value in expected.items()
        }
    for weight, same in zip(twin.weights, model.weights, strict=True):
        values = weight.numpy()
        np.testing.assert_array_equal(values[: same.shape[0] if same.shape else None], same)
    assert_equal([w.numpy()[4:] for w in twin.weights if w.shape[:1] == (6,)], columns)


def test_labels_change_what_a_decoder_makes_and_no_code():
    model = small_model(labels=["a", "b"])
    assert model.latent_dim == 4
    x = random_images()
    z = model.encode(x)
    assert z.shape == (8, 4)
    images = [model.decode(z, [label] * 8).numpy() for label in (-1, 0, 1)]
    assert all((images[i] != images[i - 1]).any() for i in range(3))
    np.testing.assert_array_equal(model.decode(z), images[0])
    np.testing.assert_allclose(model((x, np.ones(8, int))), images[2], atol=1e-6)
    drawn = model.sample(8, seed=3)
    given = model.sample(8, seed=3, labels=model.labels.draw(8, 3))
    np.testing.assert_array_equal(drawn, given)


def test_fit_needs_the_labels_of_the_images():
    model = small_model(labels=["a", "b"])
    x, labels = random_images(), np.arange(8) % 2
    history = model.fit(x, labels, verbose=0, validation_data=(x, labels)).history
    assert np.isfinite(history["val_reconstruction_loss"]).all()
    for y in (None, x, labels / 2):  # floating-point numbers
        with pytest.raises(ValueError, match="y must be integers, the labels"):
            model.fit(x, y, verbose=0)
    with pytest.raises(ValueError, match="labels must be None"):
        small_model().decode(tf.ones([2, 4]), [0, 1])


def test_labels_are_drawn_with_the_shares_of_the_data():
    labels = Labels(["a", "b"], [0.2, 0.5, 0.3])
    drawn = labels.draw(20_000, seed=0).numpy()
    for label, share in ((0, 0.2), (1, 0.5), (-1, 0.3)):
        error = np.sqrt(share * (1 - share) / 20_000)
        assert abs(np.mean(drawn == label) - share) < 5 * error
    np.testing.assert_array_equal(drawn, labels.draw(20_000, seed=0))
    assert not np.any(Labels(["a", "b"]).draw(2_000, seed=0).numpy() == -1)


@pytest.mark.parametrize("names", [["a"], ["a", "b", "a"], ["1", 1]])
def test_names_of_labels_are_different(names):
    with pytest.raises(ValueError, match="at least 2 different"):
        Labels(names)


def test_names_of_labels_have_numbers_and_others_are_one_line():
    assert Labels(["a", "b"], [0.5, 0.3, 0.2]).numbers(["b", "", "a"]).tolist() == [1, -1, 0]
    for name, found in (("c", "c"), ("", "none")):
        with pytest.raises(UserError, match=f"need a label of a, b .*; found {found}"):
            Labels(["a", "b"]).numbers(["a", name])
    assert NoLabels().numbers(["c"]) is None
