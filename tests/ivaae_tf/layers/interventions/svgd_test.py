"""Tests of Stein variational gradient descent against NumPy in float64 and theory."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.interventions import SVGDIntervention


def _bandwidth(z, scale):
    """Returns h = scale · med² / log m, with the median over distinct pairs."""
    pairs = itertools.combinations(range(len(z)), 2)
    distances = [np.linalg.norm(z[i] - z[j]) for i, j in pairs]
    return scale * np.median(distances) ** 2 / np.log(len(z))


def _update(z, h, step_size=1.0):
    """Computes equation 8 of Liu and Wang (2016), one pair at a time."""
    new = z.copy()
    for i, z_i in enumerate(z):
        for z_j in z:
            kernel = np.exp(-np.sum((z_j - z_i) ** 2) / h)
            gradient_of_kernel = -2 / h * (z_j - z_i) * kernel
            new[i] += step_size / len(z) * (kernel * -z_j + gradient_of_kernel)
    return new


def _codes(shape, seed=0, mean=0.5, spread=1.5):
    return mean + spread * np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("step_size", [1.0, 0.3])
def test_an_update_is_that_of_the_paper(scale, step_size):
    layer = SVGDIntervention(2, bandwidth_scale=scale, step_size=step_size, dtype="float64")
    z = _codes((12, 5))
    expected = _update(z, _bandwidth(z, scale), step_size)
    np.testing.assert_allclose(layer.update(tf.constant(z)), expected, rtol=1e-10)


@pytest.mark.parametrize("mean, spread", [(0, 1), (0, 30), (300, 1), (3, 3e-3)])
def test_float32_keeps_its_digits_for_codes_far_out_or_close_together(mean, spread):
    """Checks for rounding errors in differences, as an encoder's codes start anywhere.

    The tolerance is 1e-5 of the largest coordinate before or after the update.
    """
    z = _codes((30, 16), mean=mean, spread=spread).astype(np.float32)
    expected = _update(np.float64(z), _bandwidth(np.float64(z), 100.0))
    updated = SVGDIntervention(2).update(tf.constant(z))
    tolerance = 1e-5 * max(np.max(np.abs(z)), np.max(np.abs(expected)))
    np.testing.assert_allclose(updated, expected, rtol=0, atol=tolerance)


def test_codes_that_have_become_one_point_move_to_the_prior_mean():
    """Checks that they do not repel one another: attraction with kernel 1 is −z."""
    z = np.tile(np.linspace(-1, 2, 16, dtype=np.float32), (30, 1))
    np.testing.assert_allclose(SVGDIntervention(2).update(tf.constant(z)), 0 * z, atol=1e-2)


# 1, 3, 6, 10, 15, 21 pairs: odd and even numbers of them.
@pytest.mark.parametrize("num_particles", [2, 3, 4, 5, 6, 7])
def test_the_median_is_over_distinct_pairs(num_particles):
    z = _codes((num_particles, 3))
    layer = SVGDIntervention(2, bandwidth_scale=1.0, dtype="float64")
    np.testing.assert_allclose(layer.bandwidth(tf.constant(z)), _bandwidth(z, 1.0), rtol=1e-12)


def test_the_median_of_ties():
    """Counts the distances 0 of coincident particles, but not the diagonal's."""
    z = np.repeat(_codes((3, 2)), [3, 2, 1], axis=0)
    layer = SVGDIntervention(2, bandwidth_scale=1.0, dtype="float64")
    np.testing.assert_allclose(layer.bandwidth(tf.constant(z)), _bandwidth(z, 1.0), rtol=1e-12)


def test_rungs_are_taken_after_their_updates_and_the_last_is_fresh():
    t, per_rung = 3, 2
    layer = SVGDIntervention(t, noise_scale=0.0, updates_per_rung=per_rung, seed=1, dtype="float64")
    z = _codes((8, 4))
    rungs = layer(tf.constant(z)).numpy()
    particles = z
    for rung in range(1, t):
        for _ in range(per_rung):
            particles = _update(particles, _bandwidth(particles, 100.0))
        np.testing.assert_allclose(rungs[rung], particles, rtol=1e-9)
    assert np.min(np.abs(rungs[t] - particles)) > 1e-6


def test_noise_follows_each_update():
    """Checks the variance k·0.1² of z_k − z about its mean after k updates.

    With an enormous bandwidth an update only removes the mean and adds noise N(0, 0.1²). The
    tolerance is five standard errors of a variance.
    """
    z = _codes((500, 8)).astype(np.float32)
    layer = SVGDIntervention(3, bandwidth_scale=1e6, updates_per_rung=1, seed=1)
    rungs = layer(z).numpy()
    for k in (1, 2):
        moved = rungs[k] - (z - z.mean(0))
        assert abs(moved.var() / (k * 0.01) - 1) < 5 * np.sqrt(2 / moved.size)


def test_gradients_are_those_of_finite_differences():
    """Compares with central differences in float64 of two updates at fixed bandwidths."""
    z = _codes((7, 3))
    weights = np.random.default_rng(1).normal(size=z.shape)
    layer = SVGDIntervention(2, bandwidth_scale=3.0, noise_scale=0.0, dtype="float64")
    variable = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        loss = tf.reduce_sum(weights * layer(variable)[1])
    gradient = tape.gradient(loss, variable).numpy()

    bandwidths = [_bandwidth(z, 3.0)]
    bandwidths.append(_bandwidth(_update(z, bandwidths[0]), 3.0))

    def reference(particles):
        for bandwidth in bandwidths:
            particles = _update(particles, bandwidth)
        return np.sum(weights * particles)

    step = 1e-5
    for index in np.ndindex(z.shape):
        shift = np.zeros_like(z)
        shift[index] = step
        difference = (reference(z + shift) - reference(z - shift)) / (2 * step)
        np.testing.assert_allclose(gradient[index], difference, rtol=1e-6, atol=1e-8)


def test_gradients_of_collapsed_codes_are_finite():
    z = tf.ones((6, 3))
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = tf.reduce_sum(SVGDIntervention(3, seed=1)(z) ** 2)
    assert np.all(np.isfinite(tape.gradient(loss, z)))


def _after(layer, particles, num_updates):
    @tf.function
    def run(particles):
        return tf.while_loop(
            lambda step, _: step < num_updates,
            lambda step, particles: (step + 1, layer.update(particles)),
            (0, particles),
        )[1]

    return run(tf.constant(particles, tf.float32)).numpy()


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_shifted_particles_approach_the_prior(scale):
    """Starts at N(3, .5² I), d = 2, m = 60: the mean goes to 0, the spread towards 1."""
    start = _codes((60, 2), mean=3.0, spread=0.5)
    end = _after(SVGDIntervention(2, bandwidth_scale=scale), start, 400)
    assert np.max(np.abs(end.mean(0))) < 0.02
    assert np.max(np.abs(end.std(0) - 1)) < 0.1


@pytest.mark.parametrize(
    "dimension, num_particles, scale, fixed_point",
    [(16, 64, 1.0, 0.458), (64, 100, 1.0, 0.261), (16, 64, 100.0, 0.997), (64, 100, 100.0, 0.984)],
)
def test_spread_at_the_fixed_point(dimension, num_particles, scale, fixed_point):
    """Checks that few particles collapse at scale 1, but not at 100.

    Numbers: standard deviations after 3,000 updates of N(0, I) without noise. Here 400 updates from
    centered particles of covariance I end within .02 of them.
    """
    sample = _codes((num_particles, dimension), mean=0.0, spread=1.0)
    left, _, right = np.linalg.svd(sample - sample.mean(0), full_matrices=False)
    start = np.sqrt(num_particles) * left @ right
    end = _after(SVGDIntervention(2, bandwidth_scale=scale), start, 400)
    assert abs(end.std() - fixed_point) < 0.02
    assert np.max(np.abs(end.mean(0))) < 0.01


def test_the_prior_is_the_fixed_point_of_many_particles():
    """Checks that an update moves m prior samples by O(1/√m), by Stein's identity.

    Four times as many particles halve the distance moved; a ratio of 3/4 would be m^(−1/5).
    """
    moved = []
    for num_particles in (300, 1200):
        z = tf.constant(_codes((num_particles, 2), mean=0.0, spread=1.0), tf.float32)
        moved.append(np.sqrt(np.mean((SVGDIntervention(2).update(z) - z) ** 2)))
    assert moved[1] < 0.75 * moved[0]


def test_a_single_particle_is_refused():
    with pytest.raises(ValueError, match="at least 2 codes"):
        SVGDIntervention(2)(np.zeros((1, 3), np.float32))


@pytest.mark.parametrize(
    "argument, value",
    [("bandwidth_scale", 0), ("step_size", -1), ("noise_scale", -0.1), ("updates_per_rung", 0)],
)
def test_arguments_out_of_range_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be .* Received: {value}"):
        SVGDIntervention(2, **{argument: value})
