"""Tests of Theorem 2 for Gaussian codes, exact and by training."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats

from ivaae_tf.layers.divergences import AdversarialDivergence, adversarial_with_prior
from ivaae_tf.layers.interventions import BlockwiseIntervention, RadialIntervention
from ivaae_tf.models.networks import fully_connected
from tests.ivaae_tf.layers.divergences.tabled import as_model, mean_over, tabled

_MEAN, _SPREAD = 1.2, 0.5  # of every coordinate of the codes, N(μ, σ² I)


def _radial(num_bridges, dimension):
    """Returns the rungs' means and standard deviations, shape (t+1, d) each."""
    angles = np.arange(num_bridges + 1)[:, np.newaxis] * np.pi / (2 * num_bridges)
    angles = np.repeat(angles, dimension, axis=1)
    spreads = np.sqrt((_SPREAD * np.cos(angles)) ** 2 + np.sin(angles) ** 2)
    return _MEAN * np.cos(angles), spreads


def _blockwise(num_bridges, dimension):
    block = np.arange(dimension) * num_bridges // dimension
    is_noise = block < np.arange(num_bridges + 1)[:, np.newaxis]
    return np.where(is_noise, 0.0, _MEAN), np.where(is_noise, 1.0, _SPREAD)


# Intervention, the closed form of its rungs, t, d
CASES = {
    f"{make.__name__}-{t}-{d}": (make, moments, t, d)
    for make, moments, t, d in [
        (RadialIntervention, _radial, 1, 2),
        (RadialIntervention, _radial, 2, 3),
        (RadialIntervention, _radial, 4, 2),
        (BlockwiseIntervention, _blockwise, 1, 2),
        (BlockwiseIntervention, _blockwise, 2, 2),
        (BlockwiseIntervention, _blockwise, 4, 4),
    ]
}


def _jensen_shannon(means, spreads) -> float:
    """Returns JS(p_0, …, p_t) in nats, by the trapezoidal rule in float64 over d axes.

    For functions as smooth as Gaussians the rule converges faster than any power of its step.
    """
    num_rungs, dimension = means.shape
    axis = np.linspace(-6.5, 6.5, 40 if dimension == 4 else 90)
    log_p = []
    for k in range(num_rungs):
        log_density = np.zeros(())
        for mean, spread in zip(means[k], spreads[k], strict=True):
            log_density = np.add.outer(log_density, stats.norm(mean, spread).logpdf(axis))
        log_p.append(log_density)
    log_mixture = special.logsumexp(log_p, axis=0) - np.log(num_rungs)
    cell = (axis[1] - axis[0]) ** dimension
    return sum(np.sum(np.exp(p) * (p - log_mixture)) * cell for p in log_p) / num_rungs


class _LogDensities(keras.layers.Layer):
    """Logits log p_k(z); their softmax p_k(z) / Σ_j p_j(z) is the best discriminator."""

    def __init__(self, means, spreads):
        super().__init__()
        self.num_rungs = len(means)
        # The discriminator is the posterior over the components of this mixture.
        self.rungs = tfp.distributions.MixtureSameFamily(
            tfp.distributions.Categorical(probs=np.full(len(means), 1 / len(means), np.float32)),
            tfp.distributions.MultivariateNormalDiag(np.float32(means), np.float32(spreads)),
        )

    def call(self, z):
        return self.rungs.posterior_marginal(z).logits

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_rungs)


def _rungs(make, num_bridges, dimension, num_codes, seed):
    codes = np.random.default_rng(seed).normal(_MEAN, _SPREAD, (num_codes, dimension))
    return make(num_bridges, seed=seed)(codes.astype(np.float32))


def _standard_error(divergence, rungs) -> float:
    """Returns the standard error of the mean cross-entropy, from the variance of its terms."""
    log_probabilities = divergence.log_probabilities(rungs).numpy()
    terms = np.einsum("kmk->km", log_probabilities)
    return np.sqrt(np.mean(terms.var(axis=1)) / terms.size)


@pytest.mark.parametrize("case", CASES)
def test_the_best_discriminators_cross_entropy_is_log_t_plus_1_minus_js(case):
    """Checks Theorem 2 to five standard errors of the mean over 20,000 codes per rung."""
    make, moments, t, d = CASES[case]
    means, spreads = moments(t, d)
    divergence = AdversarialDivergence(as_model(_LogDensities(means, spreads), d))
    rungs = _rungs(make, t, d, 20_000, seed=1)
    cross_entropy, logs = divergence.discriminator_loss(rungs)
    js = _jensen_shannon(means, spreads)
    assert 0.05 < js < np.log(t + 1)
    error = 5 * _standard_error(divergence, rungs)
    assert error < 0.03
    assert abs(cross_entropy - (np.log(t + 1) - js)) < error
    assert abs(logs["js_estimate"] - js) < error


@pytest.mark.parametrize(
    "make, moments, t, d",
    [(RadialIntervention, _radial, 2, 2), (BlockwiseIntervention, _blockwise, 2, 2)],
)
def test_a_trained_discriminator_approaches_it_from_above(make, moments, t, d):
    """Checks that the JS estimate rises from about 0 to JS, but not above it.

    Measured on codes not used for training, to five standard errors above and .02 nats below.
    """
    keras.utils.set_random_seed(0)
    divergence = AdversarialDivergence(fully_connected.discriminator(d, t + 1, width=1 / 16))
    optimizer = keras.optimizers.Adam(3e-3)
    intervention = make(t, seed=5)
    variables = divergence.trainable_variables

    @tf.function
    def step(codes):
        with tf.GradientTape() as tape:
            loss, _ = divergence.discriminator_loss(intervention(codes))
        optimizer.apply(tape.gradient(loss, variables), variables)

    test_rungs = _rungs(make, t, d, 20_000, seed=1)
    js = _jensen_shannon(*moments(t, d))
    estimates = []
    rng = np.random.default_rng(0)
    for _ in range(3):
        estimates.append(float(divergence.discriminator_loss(test_rungs)[1]["js_estimate"]))
        for _ in range(200):
            step(rng.normal(_MEAN, _SPREAD, (256, d)).astype(np.float32))
    estimates.append(float(divergence.discriminator_loss(test_rungs)[1]["js_estimate"]))
    error = 5 * _standard_error(divergence, test_rungs)
    assert max(estimates) < js + error
    assert estimates[0] < 0.2 * js
    assert estimates[-1] > js - 0.02


def test_codes_of_the_prior_leave_the_best_discriminator_at_chance():
    """Checks D_k = 1/(t+1) and JS = 0 if all rungs have the same distribution."""
    t, d = 4, 4
    divergence = AdversarialDivergence(
        as_model(_LogDensities(np.zeros((5, d)), np.ones((5, d))), d)
    )
    loss, logs = divergence.discriminator_loss(RadialIntervention(t, seed=1)(np.ones((30, d), "f")))
    np.testing.assert_allclose(loss, np.log(5), rtol=1e-6)
    np.testing.assert_allclose(logs["js_estimate"], 0, atol=1e-6)
    np.testing.assert_allclose(divergence(tf.zeros((5, 30, d))), np.log(5), rtol=1e-6)


@pytest.mark.parametrize("t", [1, 3])
def test_discriminator_loss_and_its_diagnostics(t):
    rungs, divergence, log_d = tabled(t + 1, 9)
    loss, logs = divergence.discriminator_loss(rungs)
    expected = -mean_over(log_d, range(t + 1), lambda k: [k])
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    assert tuple(logs) == divergence.diagnostic_names(t)
    np.testing.assert_allclose(logs["discriminator_cross_entropy"], expected, rtol=1e-6)
    np.testing.assert_allclose(logs["js_estimate"], np.log(t + 1) - expected, rtol=1e-5)
    for k in range(t + 1):
        recognized = np.mean(np.argmax(log_d[k], axis=1) == k)
        np.testing.assert_allclose(logs[f"discriminator_accuracy_rung_{k}"], recognized, rtol=1e-6)


def test_the_log_prior_is_added_to_the_last_logit_of_its_own_code():
    """Checks each code alone: the WAE-GAN reference adds (n,) to (n, 1), mixing codes."""
    t, n, d = 2, 6, 3
    keras.utils.set_random_seed(0)
    discriminator = fully_connected.discriminator(d, t + 1, width=1 / 64)
    divergence = AdversarialDivergence(discriminator, add_log_prior=True)
    rungs = np.random.default_rng(0).normal(size=(t + 1, n, d)).astype(np.float32)
    logits = discriminator(rungs.reshape(-1, d)).numpy().astype(np.float64)
    logits[:, -1] += stats.norm.logpdf(rungs.reshape(-1, d)).sum(axis=1)
    expected = logits - special.logsumexp(logits, axis=1, keepdims=True)
    actual = divergence.log_probabilities(tf.constant(rungs)).numpy()
    np.testing.assert_allclose(actual, expected.reshape(t + 1, n, t + 1), rtol=1e-5, atol=1e-6)
    alone = divergence.log_probabilities(tf.constant(rungs[:, 2:3])).numpy()
    np.testing.assert_allclose(alone[:, 0], actual[:, 2], rtol=1e-5, atol=1e-6)


def test_with_the_log_prior_the_best_discriminator_need_only_know_the_codes():
    """Checks at t = 1 that logits (log p_0(z), 0) have cross-entropy log 2 − JS."""

    class LogCodeDensity(keras.layers.Layer):
        def call(self, z):
            codes = tfp.distributions.MultivariateNormalDiag(
                tf.fill([2], _MEAN), tf.fill([2], _SPREAD)
            )
            log_density = codes.log_prob(z)[:, tf.newaxis]
            return tf.concat([log_density, tf.zeros_like(log_density)], axis=1)

        def compute_output_shape(self, input_shape):
            return (input_shape[0], 2)

    rungs = _rungs(BlockwiseIntervention, 1, 2, 20_000, seed=1)
    js = _jensen_shannon(*_blockwise(1, 2))
    with_prior = AdversarialDivergence(as_model(LogCodeDensity(), 2), add_log_prior=True)
    error = 5 * _standard_error(with_prior, rungs)
    assert abs(with_prior.discriminator_loss(rungs)[0] - (np.log(2) - js)) < error
    without = AdversarialDivergence(as_model(LogCodeDensity(), 2))
    assert without.discriminator_loss(rungs)[0] > np.log(2) - js + error


def test_a_discriminator_of_other_rungs_is_refused():
    divergence = AdversarialDivergence(fully_connected.discriminator(2, 3, 0.01))
    with pytest.raises(ValueError, match=r"t\+1 = 5 rungs. Received: .* 3 outputs"):
        divergence.build((5, None, 2))


@pytest.mark.parametrize("d", [1, 64])
def test_the_discriminator_of_wae_gan_starts_as_its_authors(d):
    """Checks log D_1/D_0 at the start against the logit of the code of Tolstikhin et al."""
    keras.utils.set_random_seed(0)
    network = fully_connected.discriminator(d, 2, width=1 / 16)
    z = np.random.default_rng(0).normal(size=(20, d)).astype(np.float32)
    of_network = np.diff(network(z).numpy())[:, 0]
    divergence = adversarial_with_prior(network, "prior")
    log_d = divergence.log_probabilities(tf.constant(z)[tf.newaxis])[0]
    expected = of_network - np.sum(z**2, axis=1) / 2 - np.log(2 * np.pi) / 2
    np.testing.assert_allclose(log_d[:, 1] - log_d[:, 0], expected, rtol=1e-5, atol=1e-5)


def test_a_new_copy_of_the_discriminator_of_wae_gan_has_its_first_bias(tmp_path):
    divergence = adversarial_with_prior(fully_connected.discriminator(8, 2, width=1 / 64), "prior")
    divergence.discriminator.save(tmp_path / "discriminator.keras")
    loaded = keras.models.load_model(tmp_path / "discriminator.keras")
    for copy in (keras.models.clone_model(divergence.discriminator), loaded):
        np.testing.assert_allclose(copy.layers[-1].bias, [0, 3.5 * np.log(2 * np.pi)], rtol=1e-6)
    clone = keras.models.clone_model(loaded)
    np.testing.assert_allclose(clone.layers[-1].bias, [0, 3.5 * np.log(2 * np.pi)], rtol=1e-6)
