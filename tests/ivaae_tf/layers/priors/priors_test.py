"""Tests of theory for priors: draws, densities, interventions, and pairs that are refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from tensorflow_probability import distributions as tfd

from ivaae_tf.layers.interventions import (
    BlockwiseIntervention,
    RadialIntervention,
    SVGDIntervention,
)
from ivaae_tf.layers.priors import (
    CategoricalPrior,
    GaussianPrior,
    MixturePrior,
    Prior,
    SpherePrior,
    UniformPrior,
    default_mixture,
)
from ivaae_tf.methods import METHODS
from ivaae_tf.metrics.energy_distance import energy_distance
from ivaae_tf.settings import Settings, SettingsError

_SETS, _COUNT = 16, 400  # sets of codes, and codes in a set, of which all pairs are compared


def _correlated():
    """Returns a mixture of two Gaussians in 4 dimensions with full covariances."""
    factors = np.tril(np.random.default_rng(3).normal(size=(2, 4, 4)), -1) + np.eye(4)
    return MixturePrior([[2.0, 1.0, 0.0, -1.0], [-1.0, 0.0, 1.0, 2.0]], factors)


PRIORS = {
    "uniform": UniformPrior(4),
    "sphere": SpherePrior(4),
    "petals": default_mixture(2, 10),
    "directions": default_mixture(4, 3),
    "correlated": _correlated(),
    "categories": CategoricalPrior(3, GaussianPrior(2)),
    "categories_and_petals": CategoricalPrior(3, default_mixture(2, 10)),
}
MIXTURES = ("petals", "directions", "correlated")
# Prior, intervention and its options, at t > 1.
CHAINS = [
    ("uniform", BlockwiseIntervention, {}),
    ("sphere", RadialIntervention, {}),
    *((name, RadialIntervention, {}) for name in MIXTURES),
    *((name, BlockwiseIntervention, {}) for name in MIXTURES),
    ("correlated", BlockwiseIntervention, {"block_order": "random"}),
    ("categories", BlockwiseIntervention, {"block_order": "random"}),
    ("categories", RadialIntervention, {}),
    ("categories_and_petals", BlockwiseIntervention, {}),
]


def _draws(name, number):
    """Returns sets of draws, shape (_SETS, _COUNT, d)."""
    draws = PRIORS[name].draw(_SETS * _COUNT, seed=number).numpy()
    return draws.reshape(_SETS, _COUNT, -1)


def _distances(codes, others):
    """Returns mean and squared standard error of the energy distance over the sets."""
    values = [energy_distance(*pair).value for pair in zip(codes, others, strict=True)]
    return np.mean(values), np.var(values, ddof=1) / len(values)


def _excess(codes, name):
    """Returns how many standard errors codes are farther from draws than other draws are."""
    mean, variance = _distances(codes, _draws(name, 2))
    null, of_null = _distances(_draws(name, 3), _draws(name, 4))
    return (mean - null) / np.sqrt(variance + of_null)


@pytest.mark.parametrize(("name", "make", "options"), CHAINS)
def test_every_rung_of_the_prior_is_the_prior(name, make, options):
    """Checks that it is as far from draws as other draws are, up to three standard errors.

    The codes are draws of the prior; rung 0 is not compared, because nothing is done to it.
    """
    codes = _draws(name, 1).reshape(_SETS * _COUNT, -1)
    # A layer has the same noise as draws of the same seed.
    rungs = make(2, seed=101, prior=PRIORS[name], **options)(codes).numpy()
    for rung in rungs[1:]:
        assert _excess(rung.reshape(_SETS, _COUNT, -1), name) < 3


def test_that_comparison_finds_an_intervention_of_another_prior():
    """Checks the paper's rotation on the mixture, which it smears out."""
    codes = _draws("correlated", 1).reshape(_SETS * _COUNT, -1)
    rung = RadialIntervention(2, seed=101)(codes)[1].numpy()
    assert _excess(rung.reshape(_SETS, _COUNT, -1), "correlated") > 10


@pytest.mark.parametrize(("name", "make", "options"), CHAINS)
def test_the_last_rung_is_independent_of_the_code(name, make, options):
    z = PRIORS[name].draw(20, seed=1)
    last = make(2, seed=1, prior=PRIORS[name], **options)(z)[-1]
    again = make(2, seed=1, prior=PRIORS[name], **options)(1e6 * z + 3)[-1]
    np.testing.assert_array_equal(again, last)


@pytest.mark.parametrize("name", PRIORS)
def test_draws_have_the_moments(name):
    """Checks means and covariances of 40,000 draws to five standard errors."""
    draws = PRIORS[name].draw(40_000, seed=0).numpy().astype(np.float64)
    mean, covariance = PRIORS[name].moments()
    centered = draws - mean
    products = centered[:, :, np.newaxis] * centered[:, np.newaxis]
    for values, expected in ((draws, mean), (products, covariance)):
        error = values.std(0) / np.sqrt(len(values))
        np.testing.assert_array_less(abs(values.mean(0) - expected), 5 * error + 1e-6)
    np.testing.assert_allclose(
        PRIORS[name].mean_squared_norm(), (draws**2).sum(1).mean(), rtol=0.02
    )
    np.testing.assert_allclose(PRIORS[name].scale() ** 2, centered.var(0).mean(), rtol=0.02)


def test_uniform_draws_are_uniform_and_those_of_a_sphere_have_no_direction():
    for column in UniformPrior(2).draw(5_000, seed=0).numpy().T:
        assert stats.kstest(column, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    draws = SpherePrior(3).draw(5_000, seed=0).numpy()
    np.testing.assert_allclose(np.linalg.norm(draws, axis=1), 1, rtol=1e-6)
    for column in draws.T:  # Archimedes: each coordinate of a sphere in 3-D is uniform.
        assert stats.kstest(column, stats.uniform(-1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture_has_the_density_of_another_implementation(name):
    """Compares log p, p(c|z) and ∇ log p in float64; the gradient has a closed form."""
    prior, z = PRIORS[name], 2 * PRIORS[name].draw(50, seed=0).numpy().astype(np.float64)
    moments = zip(prior.means, prior.covariances, strict=True)
    components = [stats.multivariate_normal(*each) for each in moments]
    densities = np.array([each.pdf(z) for each in components]).T / len(components)
    posterior = densities / densities.sum(1, keepdims=True)
    terms = [np.linalg.solve(each.cov, (each.mean - z).T).T for each in components]
    codes = tf.constant(z)
    np.testing.assert_allclose(prior.log_density(codes), np.log(densities.sum(1)), rtol=1e-9)
    np.testing.assert_allclose(prior.component_given(codes), posterior, atol=1e-9)
    score = np.einsum("nk,knd->nd", posterior, terms)
    np.testing.assert_allclose(prior.score(codes), score, rtol=1e-7, atol=1e-9)


def test_the_score_of_a_gaussian_is_the_gradient_of_its_density():
    prior, z = GaussianPrior(3), tf.random.stateless_normal([5, 3], [0, 0])
    np.testing.assert_allclose(prior.score(z), Prior.score(prior, z), rtol=1e-6)


def test_blocks_of_a_mixture_follow_the_conditional_of_brute_force():
    """Compares 4,000 draws of z₀ given z₁, z₂, z₃ with the integrated density."""
    prior = PRIORS["correlated"]
    z = np.array([9.0, 0.6, 0.4, 0.3], np.float32)  # z₀ must not matter
    grid = np.linspace(-12, 12, 4001)
    points = np.repeat(z[np.newaxis], len(grid), axis=0).astype(np.float64)
    points[:, 0] = grid
    density = np.exp(prior.log_density(tf.constant(points)).numpy())
    cumulative = np.cumsum(density) / density.sum()
    noise = tf.random.stateless_normal([1, 4_000, prior.noise_dim], [1, 2])
    is_replaced = tf.constant([True, False, False, False])[tf.newaxis, tf.newaxis]
    drawn = prior.block_given_rest(tf.tile(z[np.newaxis], [4_000, 1]), is_replaced, noise)[0]
    assert stats.kstest(drawn[:, 0], lambda x: np.interp(x, grid, cumulative)).pvalue > 1e-3
    np.testing.assert_array_equal(drawn[:, 1:], np.tile(z[1:], (4_000, 1)))


@pytest.mark.parametrize(
    "prior", [GaussianPrior(3), MixturePrior(np.zeros((2, 3)), np.ones(2))], ids=["1", "2"]
)
def test_the_divergence_by_draws_is_the_closed_form_where_p_is_gaussian(prior):
    """Checks the mean over 20,000 draws to five standard errors."""
    mean, log_variance = tf.constant([[0.5, -1.0, 0.0]]), tf.constant([[0.2, -1.0, 0.4]])
    z = mean + tf.exp(log_variance / 2) * tf.random.stateless_normal([20_000, 3], [0, 0])
    estimates = Prior.kl_divergence(prior, mean, log_variance, z).numpy()
    q = tfd.MultivariateNormalDiag(mean[0], tf.exp(log_variance[0] / 2))
    expected = float(tfd.kl_divergence(q, tfd.MultivariateNormalDiag(tf.zeros(3))))
    error = estimates.std() / np.sqrt(len(estimates))
    assert abs(estimates.mean() - expected) < 5 * error
    closed = GaussianPrior(3).kl_divergence(mean, log_variance, None)
    np.testing.assert_allclose(closed[0], expected, rtol=1e-5)


def test_svgd_leaves_draws_of_a_mixture_and_moves_others():
    """Stein's identity: the mean update over the prior is 0 at every point.

    With 1,000 particles the update of draws is noise; other codes move several times as far.
    """
    layer = SVGDIntervention(2, bandwidth_scale=5.0, prior=PRIORS["directions"])
    z = PRIORS["directions"].draw(1_000, seed=0)

    def moved(codes):
        return np.sqrt(np.mean((layer.update(codes) - codes) ** 2))

    assert 4 * moved(z) < moved(z + 0.7)


def test_ways_between_codes_are_straight_lines_or_arcs_on_the_sphere():
    weights = tf.linspace(0.0, 1.0, 5)
    for name in ("uniform", "correlated"):
        start, end = tf.split(PRIORS[name].draw(4, seed=0), 2)
        ways = PRIORS[name].interpolate(start, end, weights)
        np.testing.assert_allclose(ways[:, 2], (start + end) / 2, atol=1e-6)
        np.testing.assert_allclose(ways[:, 0], start, atol=1e-6)
    start, end = tf.split(SpherePrior(4).draw(4, seed=0), 2)
    norms = tf.norm(SpherePrior(4).interpolate(start, end, weights), axis=-1)
    np.testing.assert_allclose(norms, np.ones((2, 5)), rtol=1e-5)


@pytest.mark.parametrize("name", PRIORS)
def test_configuration_round_trip(name):
    prior = PRIORS[name]
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    np.testing.assert_array_equal(twin.draw(5, seed=0), prior.draw(5, seed=0))


@pytest.mark.parametrize(
    ("layer", "z", "problem"),
    [
        (BlockwiseIntervention(2, prior=SpherePrior(4)), tf.ones([3, 4]), "SpherePrior has no bl"),
        (RadialIntervention(2, prior=UniformPrior(4)), tf.ones([3, 4]), "UniformPrior has no rad"),
        (SVGDIntervention(2, prior=UniformPrior(4)), tf.ones([3, 4]), "UniformPrior has no log"),
        (RadialIntervention(2, prior=UniformPrior(4)), tf.ones([3, 6]), "dimension 6. Received: 4"),
    ],
)
def test_parts_refuse_a_prior_that_they_cannot_use(layer, z, problem):
    with pytest.raises(ValueError, match=problem):
        layer(z)


@pytest.mark.parametrize("factors", [[1.0], [0.0, 1.0], np.ones((2, 3, 3))])
def test_factors_of_another_form_are_refused(factors):
    with pytest.raises(ValueError, match="factors must be 2 numbers above 0, or lower triangular"):
        MixturePrior(np.zeros((2, 3)), factors)


@pytest.mark.parametrize("prior", ["uniform", "sphere", "mixture"])
@pytest.mark.parametrize("method", METHODS)
def test_each_pair_of_a_method_and_a_prior_is_allowed_or_refused_with_the_reason(method, prior):
    allowed = {
        "uniform": {"ivaae_blockwise", "aae", "wae_mmd"},
        "sphere": {"ivaae_radial", "aae", "wae_mmd"},
        "mixture": {"ivaae_blockwise", "ivaae_radial", "ivaae_svgd", "aae", "wae_gan", "wae_mmd"}
        | {"vae", "infovae", "two_stage_vae"},
    }
    settings = Settings(method=method, prior=prior)
    if method in allowed[prior]:
        settings.check()
        assert settings.prior_components == (10 if prior == "mixture" else None)
        return
    with pytest.raises(SettingsError, match=f"prior.*{method}|prior={prior}|prior must") as caught:
        settings.check()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"method": "ivaae_blockwise", "prior": "sphere"}, "determines the norm of a block"),
        ({"method": "ivaae_radial", "prior": "uniform"}, "the cube changes under rotations"),
        ({"method": "wae_gan", "prior": "sphere"}, "it has no density"),
        ({"posterior": "sphere"}, "prior=sphere needs posterior=sphere"),
        ({"prior_components": 3}, "prior_components needs prior=mixture. Received: gaussian"),
        ({"prior": "mixture", "latent_dim": 1}, "latent_dim must be at least 2"),
        (
            {"prior": "mixture", "posterior_weight": 0.1},
            "posterior_weight must be 0 with prior=mix",
        ),
        ({"method": "gan", "prior": "mixture"}, "prior must have its default, as gan"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_a_line(settings, problem):
    with pytest.raises(SettingsError, match=problem):
        Settings(**settings).check()


@pytest.mark.parametrize("method", ["ivaae_blockwise", "ivaae_radial", "ivaae_svgd"])
@pytest.mark.parametrize("prior", ["uniform", "sphere", "mixture"])
def test_without_bridges_every_prior_works(method, prior):
    Settings(method=method, prior=prior, num_bridges=1).check()
