"""Tests of theory for categories: rungs, normalized logits, and the loss of labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ivaae_tf.layers import AdversarialDivergence, BlockwiseIntervention, RadialIntervention
from ivaae_tf.layers.categories import CategoricalPosterior, NormalizedLogits
from ivaae_tf.layers.priors import CategoricalPrior, GaussianPrior
from ivaae_tf.settings import Settings, SettingsError
from tests.small_models import random_images, small_model

K, D, NUM_CODES = 3, 4, 9000
CHAINS = [(BlockwiseIntervention, 2), (BlockwiseIntervention, 3), (RadialIntervention, 3)]


def _codes():
    """Returns codes whose category depends on the point: 0 if z₀ > 0, else 1."""
    z = np.random.default_rng(0).normal(size=(NUM_CODES, D)).astype(np.float32)
    return np.concatenate([np.eye(K, dtype=np.float32)[(z[:, 0] < 0).astype(int)], z], axis=1)


def _rungs(make, num_bridges, codes):
    return make(num_bridges, seed=1, prior=CategoricalPrior(K, GaussianPrior(D)))(codes).numpy()


@pytest.mark.parametrize(("make", "num_bridges"), CHAINS)
def test_a_new_category_is_uniform_and_independent_of_the_code(make, num_bridges):
    """Checks vertices, the χ² of uniformity, and of independence of the points, p > 0.001."""
    codes = _codes()
    rungs = _rungs(make, num_bridges, codes)
    np.testing.assert_array_equal(rungs[0], codes)
    for rung in rungs[1:]:
        y, z = np.split(rung, [K], axis=1)
        np.testing.assert_array_equal(np.sort(y, axis=1), np.eye(K)[[K - 1] * NUM_CODES])
        assert stats.chisquare(y.sum(axis=0)).pvalue > 1e-3
        for point in (z, codes[:, K:]):
            table = [y[point[:, 0] > 0].sum(axis=0), y[point[:, 0] <= 0].sum(axis=0)]
            assert stats.chi2_contingency(table).pvalue > 1e-3


@pytest.mark.parametrize(("make", "num_bridges"), CHAINS)
def test_the_first_rung_has_a_new_category_and_the_same_point(make, num_bridges):
    codes = _codes()
    rungs = _rungs(make, num_bridges, codes)
    np.testing.assert_array_equal(rungs[1][:, K:], codes[:, K:])
    correlations = [
        np.corrcoef(rung[:, K:].ravel(), codes[:, K:].ravel())[0, 1] for rung in rungs[1:]
    ]
    # Blocks and angles: 1/2, and cos(π/4), of the point remain on the second of three rungs.
    remaining = {BlockwiseIntervention: 0.5, RadialIntervention: np.sqrt(0.5)}[make]
    expected = [1.0, 0.0] if num_bridges == 2 else [1.0, remaining, 0.0]
    np.testing.assert_allclose(correlations, expected, atol=5 / np.sqrt(NUM_CODES * D))


def test_at_t_1_the_pair_is_compared_with_the_prior():
    rungs = _rungs(BlockwiseIntervention, 1, _codes())
    draws = _rungs(BlockwiseIntervention, 1, 0 * _codes())
    assert len(rungs) == 2
    np.testing.assert_array_equal(rungs[1], draws[1])


class BestDiscriminator(keras.Layer):
    """The log densities of the rungs of `_codes`, over the density of the points."""

    def __init__(self, num_bridges):
        super().__init__()
        self.num_bridges = num_bridges

    def call(self, codes):
        has_its_category = tf.where(codes[:, K] < 0, codes[:, 1], codes[:, 0])
        new = tf.fill(tf.shape(has_its_category), 1 / K)
        densities = tf.stack([has_its_category] + self.num_bridges * [new], axis=1)
        return tf.math.log(densities + 1e-30)


@pytest.mark.parametrize(("make", "t"), CHAINS)
def test_the_js_estimate_of_dependent_codes_is_the_closed_form(make, t):
    """The points follow the prior, and each determines its category; all other rungs are prior.

    Where a point has its own category, with probability 1/K on the other rungs, the mean density
    is (1 + t/K)/(t+1); elsewhere only the t others have any. The error of the shares is 0.002.
    """
    inputs = keras.Input((K + D,))
    discriminator = keras.Model(inputs, BestDiscriminator(t)(inputs))
    rungs = tf.constant(_rungs(make, t, _codes()))
    _, logs = AdversarialDivergence(discriminator).discriminator_loss(rungs)
    own, other = np.log((t + 1) / (1 + t / K)), np.log((t + 1) / t)
    expected = (own + t * ((own - np.log(K)) / K + other * (1 - 1 / K))) / (t + 1)
    assert float(logs["js_estimate"]) == pytest.approx(expected, abs=0.01)


def test_logits_have_mean_0_and_deviation_4_over_a_batch():
    q = np.random.default_rng(0).normal(3, 5, (64, K + D)).astype(np.float32)
    layer = NormalizedLogits(K)
    logits, points = np.split(layer(q, training=True).numpy(), [K], axis=1)
    expected = 4 * (q[:, :K] - q[:, :K].mean(0)) / np.sqrt(q[:, :K].var(0) + 1e-5)
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    np.testing.assert_array_equal(points, q[:, K:])


def test_a_code_is_probabilities_and_a_point():
    q = np.random.default_rng(0).normal(size=(8, K + D)).astype(np.float32)
    posterior = CategoricalPosterior(K)
    logits = np.exp(q[:, :K])
    expected = np.concatenate([logits / logits.sum(1, keepdims=True), q[:, K:]], axis=1)
    np.testing.assert_allclose(posterior(q), expected, rtol=1e-6)
    np.testing.assert_allclose(posterior.penalty(q), (q[:, K:] ** 2).sum(1) / 2, rtol=1e-6)


def _batch():
    labels = np.random.default_rng(1).integers(0, K, 8)
    return {"images": random_images(), "labeled_images": random_images(8, 1), "labels": labels}


def _model(**options):
    return small_model("ivaae_blockwise", num_categories=K, **options)


def test_the_loss_and_its_gradient_are_those_of_keras_on_images_with_noise():
    model, batch = _model(), _batch()
    noise = keras.layers.Rescaling(1.0, offset=0.5)
    _, labeled = model.classification.split(batch)
    keras_loss = keras.losses.SparseCategoricalCrossentropy()

    def of_keras():
        codes = model.posterior(model.encoder(batch["labeled_images"] + 0.5))
        return keras_loss(batch["labels"], codes[:, :K])

    def of_model():
        return model.classification.loss(model.encoder, noise, labeled)

    results = []
    for function in (of_keras, of_model):
        with tf.GradientTape() as tape:
            loss = function()
        gradients = tape.gradient(loss, model.encoder.trainable_variables)
        results.append([loss, *(each for each in gradients if each is not None)])
    for value, expected in zip(*results, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_only_the_encoder_learns_from_labels():
    """After a step with and without labels, G and D are the same bit for bit."""
    with_labels, without = _model(), _model(num_labels=0)
    with_labels.train_step(_batch())
    without.train_step(_batch()["images"])
    for part, is_same in (("encoder", False), ("decoder", True), ("divergence", True)):
        pairs = zip(
            getattr(with_labels, part).trainable_variables,
            getattr(without, part).trainable_variables,
            strict=True,
        )
        assert all(np.array_equal(*pair) for pair in pairs) is is_same


def test_images_alone_are_refused_if_there_are_labels_to_learn():
    with pytest.raises(ValueError, match="num_labels=0"):
        _model().train_step(random_images())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "ivaae_svgd", "num_categories": 10}, "not P-interventions"),
        ({"method": "wae_gan", "num_categories": 10}, "no density"),
        ({"method": "vae", "num_categories": 10, "posterior": "point"}, "does not compare"),
        ({"method": "ivaae_radial", "prior": "sphere", "num_categories": 10}, "posterior=point"),
        ({"method": "ivaae_radial", "num_categories": 1}, "at least 2"),
        ({"method": "ivaae_radial", "num_labels": 100}, "needs num_categories"),
        ({"method": "ivaae_blockwise", "num_categories": 10, "num_bridges": 4}, "− 1 must divide"),
        ({"method": "gan", "num_categories": 10}, "does not use it"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options, reason):
    with pytest.raises(SettingsError, match=reason):
        Settings(**options).check()


def test_the_default_t_is_2_with_categories():
    assert Settings(method="ivaae_blockwise", num_categories=10).num_bridges == 2
    assert Settings(method="aae", num_categories=10).num_bridges == 1
