"""Components of a prior by label against theory: every rung of draws of p(z|y) is p(z|y)."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ivaae_tf.layers.interventions import (
    BlockwiseIntervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.layers.labels import ComponentLabels
from ivaae_tf.layers.priors import MixturePrior, default_mixture
from ivaae_tf.models.build import build_model
from ivaae_tf.settings import Settings, SettingsError
from tests.small_models import random_images

_COUNT = 4_000  # codes of a label


def _correlated():
    """Returns a mixture of three Gaussians in 4 dimensions with full covariances, which overlap."""
    random = np.random.default_rng(3)
    factors = np.tril(random.normal(size=(3, 4, 4)), -1) + np.eye(4)
    return MixturePrior(random.normal(size=(3, 4)), factors)


PRIORS = {"petals": default_mixture(2, 10), "correlated": _correlated()}
CHAINS = [
    *((RadialIntervention, num_bridges) for num_bridges in (1, 4)),
    *((BlockwiseIntervention, num_bridges) for num_bridges in (1, 2)),
]


def _labels(prior, y):
    names = [str(number) for number in range(len(prior.means))]
    return ComponentLabels(names).of_targets(tf.constant(y))[1]


def _draws(prior, y):
    """Returns a draw of the component of each label in float64."""
    noise = np.random.default_rng(1).normal(size=(len(y), prior.latent_dim))
    return prior.means[y] + np.einsum("nde,ne->nd", prior.factors[y], noise)


@pytest.mark.parametrize("name", PRIORS)
@pytest.mark.parametrize(("make", "num_bridges"), CHAINS)
def test_every_rung_of_draws_of_a_component_is_the_component(name, make, num_bridges):
    """Checks L⁻¹(z − μ) against N(0, I), for each label and rung.

    Each coordinate is compared by the Kolmogorov-Smirnov test, and the covariance to five standard
    errors, which are 1/√n off the diagonal and √(2/n) on it. The labels of a batch are mixed.
    """
    prior = PRIORS[name]
    y = np.arange(_COUNT * len(prior.means)) % len(prior.means)
    z = tf.constant(_draws(prior, y), tf.float32)
    rungs = _labels(prior, y).rungs(make(num_bridges, seed=5, prior=prior), z).numpy()
    assert rungs.shape == (num_bridges + 1, *z.shape)
    for rung in rungs[1:]:
        for component, factor in enumerate(prior.factors):
            residuals = rung[y == component] - prior.means[component]
            whitened = np.linalg.solve(factor, residuals.T)
            for coordinate in whitened:
                assert stats.kstest(coordinate, stats.norm.cdf).pvalue > 1e-4
            error = abs(np.cov(whitened) - np.eye(len(whitened)))
            assert error.max() < 5 * np.sqrt(2 / _COUNT)


@pytest.mark.parametrize(("make", "num_bridges"), CHAINS)
def test_the_last_rung_is_a_draw_of_the_component_that_is_independent_of_the_code(
    make, num_bridges
):
    prior = PRIORS["petals"]
    y = np.arange(50) % 10
    first, second = (
        _labels(prior, y).rungs(make(num_bridges, seed=2, prior=prior), z)[-1]
        for z in (tf.zeros([50, 2]), 1e3 * tf.ones([50, 2]))
    )
    np.testing.assert_array_equal(first, second)
    whitened = np.linalg.solve(prior.factors[y], (first - prior.means[y])[..., np.newaxis])
    assert abs(whitened).max() < 5  # standard deviations; the centers of petals are 2 to 14 apart


@pytest.mark.parametrize(("make", "num_bridges"), CHAINS)
def test_images_without_a_label_have_the_rungs_of_the_whole_mixture(make, num_bridges):
    prior = PRIORS["petals"]
    z = prior.draw(200, seed=0)
    expected = make(num_bridges, seed=2, prior=prior)(z)
    for unknown in (-1, 10):
        labels = _labels(prior, np.full(200, unknown))
        rungs = labels.rungs(make(num_bridges, seed=2, prior=prior), z)
        np.testing.assert_allclose(rungs, expected, atol=1e-5)
        assert not labels.append_to_rungs(rungs)[..., 2:].numpy().any()


def test_components_given_codes_and_labels_follow_bayes_theorem():
    """Compares p(c|z) ∝ p(c) N(z; μ_c, Σ_c) in float64 for other weights p(c) of each code."""
    prior = PRIORS["correlated"]
    weights = np.random.default_rng(0).dirichlet(np.ones(3), size=50)
    z = 2 * np.random.default_rng(1).normal(size=(50, 4))
    moments = zip(prior.means, prior.covariances, strict=True)
    densities = np.array([stats.multivariate_normal(*each).pdf(z) for each in moments]).T
    expected = weights * densities / (weights * densities).sum(1, keepdims=True)
    found = prior.with_weights(tf.constant(weights)).component_given(tf.constant(z))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_only_the_discriminator_gets_the_label():
    model = build_model(
        "ivaae_radial",
        image_shape=(4, 4, 1),
        latent_dim=4,
        width=1 / 64,
        prior="mixture",
        prior_components=3,
        prior_by_label=True,
        labels=["a", "b", "c"],
    )
    assert not model.is_conditional and model.latent_dim == 4
    assert model.decoder.input_shape[-1] == 4
    assert model.divergence.discriminator.input_shape[-1] == 4 + 3
    _, labels = model.labels.of_targets(tf.constant([2, 0, -1]))
    z_k = tf.random.stateless_normal([5, 3, 4], [0, 0])
    one_hot = labels.append_to_rungs(z_k)[..., 4:].numpy()
    np.testing.assert_array_equal(one_hot, np.tile([[0, 0, 1], [1, 0, 0], [0, 0, 0]], (5, 1, 1)))
    np.testing.assert_array_equal(labels.append(z_k[0]), z_k[0])
    x = random_images()
    model.compile()
    model.fit(x, np.arange(8) % 3, verbose=0)
    with pytest.raises(ValueError, match="y must be integers, the labels"):
        model.fit(x, verbose=0)
    np.testing.assert_allclose(model((x, np.arange(8) % 3)), model(x), atol=1e-6)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model.labels))
    assert twin.component_names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"prior": "gaussian"}, "prior_by_label needs prior=mixture. Received: gaussian"),
        ({"method": "ivaae_svgd"}, "ivaae_svgd: it moves all codes together"),
        ({"method": "wae_gan"}, "wae_gan: its discriminator has the density of the whole"),
        ({"method": "wae_mmd"}, "wae_mmd: it has no discriminator"),
        ({"method": "vae", "posterior_weight": 0.0}, "vae: it has no discriminator"),
        ({"method": "gan", "prior": "gaussian"}, "prior_by_label must have its default, as gan"),
        ({"conditional": True}, "prior_by_label does not work with conditional"),
        ({"num_categories": 10}, "prior_by_label does not work with num_categories"),
        (
            {"posterior": "gaussian", "posterior_weight": 0.1},
            "posterior_weight must be 0 with prior_by_label",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_a_line(settings, problem):
    with pytest.raises(SettingsError, match=problem) as caught:
        Settings(**{"prior": "mixture", "prior_by_label": True, **settings}).check()
    assert "\n" not in str(caught.value)


def test_components_and_classes_are_equally_many():
    with pytest.raises(SettingsError, match=r"the number of classes, 2, with.*Received: 10"):
        build_model(
            "aae", image_shape=(4, 4, 1), prior="mixture", prior_by_label=True, labels=["a", "b"]
        )
    with pytest.raises(SettingsError, match="conditional or prior_by_label, which need them"):
        build_model("aae", image_shape=(4, 4, 1), prior="mixture", prior_by_label=True)


def test_svgd_refuses_a_prior_of_each_code():
    prior = PRIORS["petals"]
    with pytest.raises(ValueError, match="cannot have a prior each"):
        _labels(prior, [0, 1]).rungs(SVGDIntervention(2, prior=prior), tf.ones([2, 2]))
