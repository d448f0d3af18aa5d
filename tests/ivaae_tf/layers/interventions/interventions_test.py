"""Tests of theory: the prior stays, and the last rung does not depend on the code."""

import functools

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

# Stein variational gradient descent leaves the prior unchanged only in the limit of many particles
# and without its noise, which adds .01 of variance per update.
INTERVENTIONS = {
    "blockwise": BlockwiseIntervention,
    "random_blocks": functools.partial(BlockwiseIntervention, block_order="random"),
    "radial": RadialIntervention,
    "svgd": lambda t, **options: SVGDIntervention(t, noise_scale=0.0, **options),
}
_LEVEL = 1e-3  # probability that a correct intervention fails any comparison of a test


def _normal(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _p_value(codes, seed) -> float:
    """Returns the two-sample Kolmogorov-Smirnov p-value of codes and fresh N(0, I).

    It is the least over projections (coordinates, as many random directions, the squared norm)
    times their number (Bonferroni).
    """
    prior = _normal(codes.shape, seed)
    dimension = codes.shape[1]
    directions = np.concatenate([np.eye(dimension), _normal((dimension, dimension), seed + 1)])
    pairs = [(codes @ direction, prior @ direction) for direction in directions]
    pairs.append(((codes**2).sum(1), (prior**2).sum(1)))
    return len(pairs) * min(stats.ks_2samp(*pair).pvalue for pair in pairs)


@pytest.mark.parametrize("name", INTERVENTIONS)
@pytest.mark.parametrize("num_bridges", [1, 4])
def test_every_rung_of_the_prior_is_the_prior(name, num_bridges):
    rungs = INTERVENTIONS[name](num_bridges, seed=1)(_normal((800, 8))).numpy()
    p_values = [_p_value(rung, seed=10 + k) for k, rung in enumerate(rungs)]
    assert min(p_values) > _LEVEL / len(rungs), p_values


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_that_comparison_tells_other_codes_from_the_prior(name):
    """Checks that for N(0, 1.3² I) only the last rung is the prior."""
    rungs = INTERVENTIONS[name](2, seed=1)(1.3 * _normal((800, 8))).numpy()
    p_values = [_p_value(rung, seed=10 + k) for k, rung in enumerate(rungs)]
    assert max(p_values[:2]) < _LEVEL
    assert p_values[2] > _LEVEL


@pytest.mark.parametrize("name", INTERVENTIONS)
@pytest.mark.parametrize("num_bridges", [1, 3])
def test_rung_0_is_the_code_itself(name, num_bridges):
    z = _normal((20, 6))
    rungs = INTERVENTIONS[name](num_bridges, seed=1)(z)
    assert rungs.shape == (num_bridges + 1, 20, 6)
    np.testing.assert_array_equal(rungs[0], z)


@pytest.mark.parametrize("name", INTERVENTIONS)
@pytest.mark.parametrize("num_bridges", [1, 3])
def test_the_last_rung_is_independent_of_the_code(name, num_bridges):
    """Checks that it is the same for all codes, huge ones too, and has no gradient."""
    make = INTERVENTIONS[name]
    z = tf.constant(_normal((20, 6)))
    with tf.GradientTape() as tape:
        tape.watch(z)
        last = make(num_bridges, seed=1)(z)[-1]
        total = tf.reduce_sum(last**2)
    np.testing.assert_array_equal(make(num_bridges, seed=1)(1e6 * z + 3)[-1], last)
    gradient = tape.gradient(total, z)
    assert gradient is None or not np.any(gradient)


@pytest.mark.parametrize("name", ["blockwise", "radial"])
def test_every_rung_and_every_call_has_noise_of_its_own(name):
    """Checks that noise of rungs (at codes 0) and calls is uncorrelated: |r| < 5/√n."""
    layer = INTERVENTIONS[name](2, seed=1)
    z = np.zeros((2000, 4), np.float32)
    first, second = layer(z).numpy(), layer(z).numpy()
    samples = [first[1, :, :2], first[2, :, :2], second[1, :, :2], second[2, :, :2]]
    correlations = np.corrcoef([sample.ravel() for sample in samples])
    assert np.max(np.abs(correlations - np.eye(4))) < 5 / np.sqrt(4000)


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_the_seed_alone_decides_the_noise(name):
    z = _normal((10, 4))
    make = INTERVENTIONS[name]
    np.testing.assert_array_equal(make(2, seed=5)(z), make(2, seed=5)(z))
    assert np.all(make(2, seed=5)(z)[-1] != make(2, seed=6)(z)[-1])
    assert np.all(make(2)(z)[-1] != make(2)(z)[-1])


@pytest.mark.parametrize("num_bridges", [1, 2, 3, 6])
def test_blockwise_replaces_exactly_its_blocks(num_bridges):
    z = _normal((50, 6))
    rungs = BlockwiseIntervention(num_bridges, seed=1)(z).numpy()
    for k, rung in enumerate(rungs):
        replaced = k * 6 // num_bridges
        assert np.all(rung[:, :replaced] != z[:, :replaced])
        np.testing.assert_array_equal(rung[:, replaced:], z[:, replaced:])


def test_random_blocks_are_whole_and_equally_often_on_each_rung():
    """Checks the share of 4,000 calls in which a block is not replaced: 1 − k/t on rung k.

    The tolerance is five standard errors of a share, at most √(¼ / 4000).
    """
    t, num_calls = 3, 4000
    layer = tf.function(BlockwiseIntervention(t, seed=1, block_order="random"))
    z = tf.constant(_normal((2, 6)))
    kept = np.array([layer(z).numpy() == z for _ in range(num_calls)])  # (n, t+1, m, d)
    np.testing.assert_array_equal(kept[:, :, :1], kept[:, :, 1:])  # One order for the batch.
    np.testing.assert_array_equal(kept[..., ::2], kept[..., 1::2])
    assert (np.diff(kept.astype(int), axis=1) <= 0).all()  # A block that is replaced stays so.
    np.testing.assert_array_equal(kept[..., 0, ::2].sum(-1), np.tile([3, 2, 1, 0], (num_calls, 1)))
    shares = kept[..., 0, ::2].mean(0)
    expected = np.repeat([[1], [2 / 3], [1 / 3], [0]], t, axis=1)
    np.testing.assert_allclose(shares, expected, atol=5 * np.sqrt(0.25 / num_calls))


def test_radial_moves_mean_and_variance_along_the_quarter_circle():
    """Checks rung k of codes N(2, s²): N(2 cos, s² cos² + sin²); unit variance stays.

    Tolerances are five standard errors of a mean and of a variance over 40,000 numbers.
    """
    t, n = 4, 40_000
    for spread in (1.0, 0.2):
        rungs = RadialIntervention(t, seed=1)(2 + spread * _normal((n // 4, 4))).numpy()
        for k, rung in enumerate(rungs):
            angle = k * np.pi / (2 * t)
            variance = spread**2 * np.cos(angle) ** 2 + np.sin(angle) ** 2
            assert abs(rung.mean() - 2 * np.cos(angle)) < 5 * np.sqrt(variance / n)
            assert abs(rung.var() - variance) < 5 * variance * np.sqrt(2 / n)


def test_radial_and_blockwise_at_t_1_are_the_same_intervention():
    z = _normal((10, 4))
    np.testing.assert_array_equal(
        RadialIntervention(1, seed=2)(z), BlockwiseIntervention(1, seed=2)(z)
    )


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_rungs_are_float32_under_mixed_precision(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = INTERVENTIONS[name](2, seed=1)
    finally:
        keras.config.set_dtype_policy(before)
    z = _normal((10, 4))
    rungs = layer(z)
    assert rungs.dtype == tf.float32
    np.testing.assert_array_equal(rungs[0], z)  # not rounded on the way


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_configuration_round_trip(name):
    layer = INTERVENTIONS[name](3, seed=4)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert twin.get_config() == layer.get_config()
    z = _normal((10, 6))
    np.testing.assert_array_equal(twin(z), layer(z))
    assert layer.compute_output_shape((10, 6)) == (4, 10, 6)


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_no_bridges_are_refused(name):
    with pytest.raises(ValueError, match=r"num_bridges must be at least 1\. Received: 0"):
        INTERVENTIONS[name](0)


def test_blocks_that_are_not_equal_are_refused():
    with pytest.raises(ValueError, match="num_bridges=4, latent dimension 6"):
        BlockwiseIntervention(4).build((None, 6))


def test_diagnostics_are_the_moments_of_each_rung():
    """Compares with NumPy in float64, far from 0, where squares lose digits."""
    z_k = 1000 + np.random.default_rng(0).normal(0, 0.3, (3, 50, 4))
    diagnostics = RadialIntervention(2).diagnostics(tf.constant(z_k, tf.float32))
    for k, rung in enumerate(z_k):
        mean_norm = np.linalg.norm(rung.mean(axis=0))
        np.testing.assert_allclose(diagnostics[f"mean_norm_rung_{k}"], mean_norm, rtol=1e-5)
        spread = np.sqrt(rung.var(axis=0).mean())
        np.testing.assert_allclose(diagnostics[f"standard_deviation_rung_{k}"], spread, rtol=1e-3)


def test_the_first_rung_of_svgd_loses_the_mean_and_keeps_the_spread():
    """Uses the wide bandwidth, with a mean kernel value of about .96."""
    z = tf.constant(2 + np.random.default_rng(0).normal(size=(64, 16)), tf.float32)
    layer = SVGDIntervention(4, noise_scale=0.0)
    diagnostics = layer.diagnostics(layer(z))
    assert diagnostics["mean_norm_rung_0"] > 7
    for k in (1, 2, 3):
        assert diagnostics[f"mean_norm_rung_{k}"] < 0.5
        assert 0.9 < diagnostics[f"standard_deviation_rung_{k}"] < 1.1
