"""Compares the arithmetic of the explorer's page with this package."""

import numpy as np
import tensorflow as tf

from ivaae_tf.layers.interventions import SVGDIntervention
from ivaae_tf.layers.priors import spherical_interpolation
from tests.ivaae_tf.export.explorer.page import call


def test_spherical_interpolation_is_that_of_the_package(page):
    start, end = np.random.default_rng(0).normal(size=(2, 16))
    for weight in (0.0, 0.3, 1.0):
        for other in (end, start):
            expected = spherical_interpolation(
                *tf.constant([start, other], tf.float32)[:, tf.newaxis], tf.constant([weight])
            )[0, 0]
            arguments = [start.tolist(), other.tolist(), weight]
            found = call(page, "codes.js", "sphericalInterpolation", arguments)
            np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_update_of_svgd_is_that_of_the_package(page):
    particles = np.random.default_rng(0).normal(1, 0.5, size=(64, 16))
    intervention = SVGDIntervention(4, seed=0)
    expected = intervention.update(tf.constant(particles, tf.float32))
    options = {"bandwidth_scale": 100.0, "step_size": 1.0}
    found = call(page, "interventions.js", "svgdUpdate", [options, particles.tolist()])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def rungs(page, options, code, companions=()):
    """Returns the rungs (t+1, d), for noise that is 1, 2, 3, … in the order of the draws."""
    return np.array(
        page.evaluate(
            """async ([options, code, companions]) => {
                const { rungs } = await import("./interventions.js");
                let drawn = 0;
                return rungs(options, code, () => ++drawn, companions);
            }""",
            [options, code, list(companions)],
        )
    )


def test_rungs_are_those_of_the_definitions(page):
    code = [10.0, 20.0, 30.0, 40.0]
    noise = np.arange(1, 17.0).reshape(4, 4)
    blockwise = rungs(page, {"name": "blockwise", "num_bridges": 4}, code)
    expected = [code, *(np.where(np.arange(4) < k, noise[k - 1], code) for k in (1, 2, 3, 4))]
    np.testing.assert_array_equal(blockwise, expected)

    angles = np.arange(5)[:, np.newaxis] * np.pi / 8
    radial = rungs(page, {"name": "radial", "num_bridges": 4}, code)
    expected = np.cos(angles) * code + np.sin(angles) * np.vstack([np.zeros(4), noise])
    np.testing.assert_allclose(radial, expected, atol=1e-9)


def test_rungs_of_svgd_follow_the_updates(page):
    options = {
        "name": "svgd",
        "num_bridges": 3,
        "bandwidth_scale": 100.0,
        "step_size": 1.0,
        "noise_scale": 0.0,
        "updates_per_rung": 2,
    }
    particles = np.random.default_rng(1).normal(size=(8, 4))
    found = rungs(page, options, particles[0].tolist(), particles[1:].tolist())
    intervention = SVGDIntervention(3, seed=0, noise_scale=0.0)
    z = tf.constant(particles, tf.float32)
    for rung in (1, 2):
        z = intervention.update(intervention.update(z))
        np.testing.assert_allclose(found[rung], z[0], atol=1e-4)
    # The last rung is noise alone; its numbers follow the noise of 2 × 2 updates of 8 particles.
    np.testing.assert_array_equal(found[3], 2 * 2 * 8 * 4 + np.arange(1, 5))


def test_normal_draws_have_the_moments_of_the_normal_distribution(page):
    draws = np.array(
        page.evaluate(
            """async () => {
                const { normalDraws } = await import("./codes.js");
                return Array.from({ length: 20000 }, normalDraws(3));
            }"""
        )
    )
    # Five standard errors of the moments of 20,000 draws.
    assert abs(draws.mean()) < 5 / np.sqrt(20_000)
    assert abs(draws.var() - 1) < 5 * np.sqrt(2 / 20_000)
    assert abs((draws**4).mean() - 3) < 5 * np.sqrt(96 / 20_000)
