"""The synthetic benchmark: closed forms, the project's own classes, and short trainings."""

import dataclasses

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from ivaae_tf.layers.divergences import AdversarialDivergence, MaximumMeanDiscrepancy
from ivaae_tf.layers.interventions import BlockwiseIntervention, RadialIntervention
from ivaae_tf.metrics.frechet import frechet_distance
from ivaae_tf.metrics.gaussian_statistics import Gaussian
from ivaae_tf.metrics.latent import expected_frechet_latent_distance
from results.program import complete
from results.synthetic import analysis, cells, findings, measures
from results.synthetic.__main__ import Synthetic
from results.synthetic.cell import train
from results.synthetic.methods import METHODS, Rungs, mmd, random_positions
from results.synthetic.problem import Problem, first, mlp, warp
from results.synthetic.training import Adam, Settings, Training, learning_rate_factor
from tests.marks import slow_unless
from tests.results_records import record

SMALL = Problem(d=8, data_dim=4, distance=3.0)


def codes(num_seeds: int = 2, num_codes: int = 6, d: int = 8, shift: float = 0.0) -> tf.Tensor:
    random = np.random.default_rng(0)
    return tf.constant(random.normal(shift, 1, (num_seeds, num_codes, d)), tf.float32)


def test_the_fld_of_a_linear_map_is_that_of_its_singular_values():
    random = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(random.normal(size=(4, 4)))
    scales, shift = np.array([0.1, 0.5, 1, 3]), np.array([1.0, 0, -2, 0])
    gaussian = Gaussian(shift, rotation @ np.diag(scales**2) @ rotation.T)
    expected = 5 + np.sum((1 - scales) ** 2)
    assert measures.fld(gaussian) == pytest.approx(expected)
    assert frechet_distance(gaussian, Gaussian(np.zeros(4), np.eye(4))) == pytest.approx(expected)


@pytest.mark.parametrize("data_dim", [16, 64])
def test_an_encoder_that_finds_the_true_codes_has_the_fld_of_the_prior(data_dim):
    """Without noise, up to the coordinates that are always 0."""
    num_seeds = 4
    points = first(Problem(64, data_dim), 2, num_seeds).points
    found = np.zeros((*points.shape[:2], 64))
    found[..., :data_dim] = points
    floor = expected_frechet_latent_distance(points.shape[1], data_dim)
    flds = measures.of_codes(found)["fld"] - (64 - data_dim)
    # About a multiple of χ², with a degree of freedom for each moment: four standard errors.
    freedom = num_seeds * (data_dim * (data_dim + 1) / 2 + data_dim)
    assert flds.mean() == pytest.approx(floor, rel=4 * np.sqrt(2 / freedom))


def test_the_data_have_a_known_decoder_and_encoder():
    start = first(SMALL, 2, 2)
    np.testing.assert_allclose(
        start.maps @ start.maps.transpose(0, 2, 1), [np.eye(4)] * 2, atol=1e-6
    )
    u = np.linspace(-4, 4, 4001)
    assert np.all(np.diff(warp(u)) > 0)


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_the_first_codes_have_the_mean_and_the_variance_of_the_problem(scale):
    problem = dataclasses.replace(SMALL, scale=scale)
    training = Training(Settings(problem, "aae"), 2)
    found = measures.of_codes(training.codes_and_errors()[0].numpy())
    np.testing.assert_allclose(found["mean_norm_squared"], 9, rtol=1e-3)
    np.testing.assert_allclose(found["variance"], scale**2, rtol=1e-3)


def test_data_and_first_weights_of_a_seed_are_the_same_for_all_methods():
    two, five = first(SMALL, 2, 2), first(SMALL, 5, 3)
    for a, b in zip(tf.nest.flatten(two[:4]), tf.nest.flatten(five[:4]), strict=True):
        np.testing.assert_array_equal(a, b[:2])


@pytest.mark.parametrize(
    ("method", "t", "kind"),
    [
        ("aae", 1, BlockwiseIntervention),
        ("radial", 4, RadialIntervention),
        ("blockwise", 4, BlockwiseIntervention),
    ],
)
def test_the_rungs_of_all_seeds_are_those_of_the_intervention(method, t, kind):
    z = codes()
    found = Rungs(METHODS[method], t, seed=1)(z)
    expected = kind(t, 1)(tf.reshape(z, [-1, 8]))
    np.testing.assert_array_equal(found, tf.reshape(expected, found.shape))


def test_the_blocks_of_each_seed_are_replaced_in_its_own_order():
    z, t = codes(), 4
    rungs = Rungs(METHODS["blockwise_random"], t, seed=1)
    found = rungs(z, tf.constant([[0, 1, 2, 3], [2, 0, 3, 1]])).numpy()
    # In the first seed's order, they are the rungs of the class.
    expected = tf.reshape(BlockwiseIntervention(t, 1)(tf.reshape(z, [-1, 8])), found.shape)
    np.testing.assert_array_equal(found[:, 0], expected[:, 0])
    is_replaced = (found != z.numpy())[:, 1, 0].reshape(t + 1, t, 2)
    assert np.array_equal(is_replaced.all(axis=2), is_replaced.any(axis=2))
    order = [is_replaced[:, block].any(axis=1).argmax() for block in range(t)]
    assert order == [3, 1, 4, 2]  # the first rung without the block


def test_random_positions_are_permutations_of_all_kinds():
    found = random_positions(600, 3, tf.constant([0, 1])).numpy()
    assert np.array_equal(np.sort(found, axis=1), np.tile(np.arange(3), (600, 1)))
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert scipy.stats.chisquare(counts).pvalue > 0.001
    assert len(counts) == 6


def test_more_prior_samples_have_the_weight_of_one_class():
    rungs = Rungs(METHODS["prior_samples"], 1, seed=1)
    assert rungs(codes()).shape == (5, 2, 6, 8)
    np.testing.assert_allclose(rungs.weights, [1 / 2, *[1 / 8] * 4])
    assert list(rungs.labels) == [0, 1, 1, 1, 1]


def test_blurred_codes_are_half_noise():
    z = 10 * tf.ones((1, 20_000, 4))
    blurred, prior = Rungs(METHODS["blurred"], 1, seed=1)(z).numpy()
    assert blurred.mean() == pytest.approx(10 / np.sqrt(2), abs=0.02)
    assert blurred.var() == pytest.approx(0.5, abs=0.02)
    assert prior.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(("method", "t"), [("aae", 1), ("radial", 4)])
def test_the_losses_are_those_of_the_divergence(method, t):
    training = Training(Settings(SMALL, method, t), 2)
    inputs = training._rungs(codes())
    before = [each.numpy() for each in tf.nest.flatten(training.discriminator)]
    log_probabilities = training._log_probabilities(inputs[:t])
    estimates = training._discriminator_step(inputs, tf.constant(1.0), tf.constant(1.0))
    for seed in range(2):
        hidden = [keras.layers.Dense(units, "relu") for units in (96, 96)]
        discriminator = keras.Sequential([keras.Input((8,)), *hidden, keras.layers.Dense(t + 1)])
        own = [np.squeeze(each[seed]) for each in before]
        discriminator.set_weights(own)
        divergence = AdversarialDivergence(discriminator)
        z_k = inputs[:, seed]
        _, logs = divergence.discriminator_loss(z_k)
        assert float(estimates[seed]) == pytest.approx(float(logs["js_estimate"]), abs=1e-5)
        latent = -float(tf.reduce_mean(log_probabilities[:, seed, :, -1]))
        assert latent == pytest.approx(float(divergence(z_k)), abs=1e-5)


def test_the_mmd_is_that_of_the_divergence_and_falls_towards_the_prior():
    z, samples = codes(shift=2.0), codes()[:, ::-1]
    with tf.GradientTape() as tape:
        tape.watch(z)
        found = mmd(z, samples)
    expected = [MaximumMeanDiscrepancy()(tf.stack(pair)) for pair in zip(z, samples, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.all(tf.reduce_mean(tape.gradient(found, z), axis=1) > 0)


def test_adam_is_keras_adam():
    random = np.random.default_rng(0)
    start, *gradients = random.normal(size=(4, 2, 3)).astype(np.float32)
    variable, other = tf.Variable(start), tf.Variable(start)
    adam, theirs = Adam([variable]), keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.999)
    for step, gradient in enumerate(gradients, start=1):
        adam.apply([tf.constant(gradient)], tf.constant(0.01), tf.constant(float(step)))
        theirs.apply([tf.constant(gradient)], [other])
    np.testing.assert_allclose(variable, other, atol=1e-6)


def test_learning_rates_fall_twice():
    factors = [learning_rate_factor(step) for step in (0, 719, 720, 1019, 1020, 1199)]
    assert factors == [1, 1, 0.3, 0.3, 0.1, 0.1]


def test_the_spectral_norm_of_each_layer_becomes_1():
    training = Training(Settings(SMALL, "spectral_norm"), 2)
    for _ in range(300):
        training._update_vectors()
    for layer in training._layers_of_d():
        norms = np.linalg.norm(layer.weights, ord=2, axis=(1, 2))
        np.testing.assert_allclose(norms, 1, rtol=1e-3)


def test_the_gradient_penalty_is_the_slope_of_the_log_odds():
    training = Training(Settings(SMALL, "gradient_penalty"), 2)
    inputs = training._rungs(codes())

    def log_odds(x):
        log_probabilities = training._log_probabilities(x).numpy().astype(float)
        return log_probabilities[..., 1] - log_probabilities[..., 0]

    step = 1e-3 * np.eye(8, dtype=np.float32)
    slopes = [(log_odds(inputs + each) - log_odds(inputs - each)) / 2e-3 for each in step]
    expected = np.square(slopes).sum(axis=0).mean(axis=(0, 2))
    np.testing.assert_allclose(training._gradient_penalty(inputs), expected, rtol=0.01)


@pytest.mark.parametrize("method", slow_unless(METHODS, ("aae", "radial", "wae_mmd")))
def test_a_short_training_comes_closer_to_the_prior_and_to_the_data(method):
    t = 4 if method.startswith(("radial", "blockwise")) else 1
    weight = 100.0 if method == "wae_mmd" else 4.0
    content = train(Settings(SMALL, method, t, weight), num_seeds=2, num_steps=100)
    start, _, end = content["history"].values()
    assert end["fld"] < 0.7 * start["fld"]
    assert end["sse"] < 0.8 * start["sse"]
    assert len(content["seeds"]) == 2


def test_a_seed_does_not_depend_on_the_others():
    """Two networks with different codes: an update of one by the loss of both is its own."""
    training = Training(Settings(SMALL, "radial", 2), 2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(mlp(training.encoder, training.data())[0] ** 2)
    for each in tape.gradient(loss, tf.nest.flatten(training.encoder)):
        assert np.any(each[0])
        assert not np.any(each[1])


def test_what_follows_from_a_course():
    flds = np.array([[5.0, 5.0], [0.9, 4.0], [1.8, 3.0], [0.1, 3.5], [0.2, 3.0]])
    found = measures.of_course(flds, d=10)
    np.testing.assert_array_equal(found["fld_of_last_three"], [0.2, 3.0])
    np.testing.assert_array_equal(found["lowest_fld"], [0.1, 3.0])
    np.testing.assert_array_equal(found["step_of_lowest_fld"], [150, 100])
    np.testing.assert_array_equal(found["steps_to_fld_0.02d"], [150, np.nan])
    np.testing.assert_allclose(found["oscillation"], [2, np.nan])


def test_shares_have_the_interval_of_clopper_and_pearson():
    none = analysis.Share.of(np.zeros(50, bool))
    np.testing.assert_allclose(none, (0, 50, 0, 1 - 0.025 ** (1 / 50)))
    found = analysis.Share.of(np.arange(20) < 3)
    # The beta distributions whose tails are binomial.
    expected = (scipy.stats.beta.ppf(0.025, 3, 18), scipy.stats.beta.ppf(0.975, 4, 17))
    np.testing.assert_allclose(found, (3, 20, *expected))
    assert none.text == "0 of 50 [0 %, 7 %]"


def test_values_that_are_not_finite_are_failures():
    seeds = [
        {"fld_of_last_three": text, "fld": text, "lowest_fld": "1"} for text in ("1", "9", "nan")
    ]
    cell = record({"d": 8}, tables={"seeds": seeds})
    assert list(analysis.has_failed(cell)) == [False, True, True]
    assert analysis.drifts(cell).num_true == 2


@pytest.mark.parametrize("t", [1, 4, 8])
def test_the_equal_pull_has_a_closed_form(t):
    squares = np.cos(np.arange(t) * np.pi / (2 * t)) ** 2
    assert cells.equal_pull(t) == pytest.approx(4 * squares.mean())


def test_the_sentences_of_the_page_hold_in_the_records():
    """Those about the cells with d = 64 and d* = 16, whose words do not follow the numbers."""
    groups = findings.groups_of(Synthetic().records())
    group = groups[cells.UNFILLED]

    def of(name, group=group, **facts):
        found = analysis.find(group, **facts)
        return np.log(analysis.values(found, name)).mean()

    aae, four, eight, spectral, both, mmd, strong = (
        {name: of(name, **facts) for name in ("fld", "sse", "samples", "js_estimate")}
        for facts in (
            *findings.PREDICTED,
            {"method": "spectral_norm"},
            {"method": "radial_spectral_norm"},
            {"method": "wae_mmd", "weight": 100},
            {"method": "wae_mmd", "weight": 1000},
        )
    )
    for name in ("fld", "sse", "samples"):
        assert spectral[name] < eight[name] < four[name] < aae[name]
    assert spectral["js_estimate"] < aae["js_estimate"]
    assert both["fld"] > spectral["fld"]
    assert both["samples"] > spectral["samples"]
    assert both["sse"] < spectral["sse"]
    for facts, fast in zip(findings.PREDICTED, (aae, four), strict=False):
        assert of("fld", groups[cells.SLOWER[0]], **facts) > fast["fld"]
    assert mmd["fld"] > eight["fld"]
    assert mmd["sse"] < eight["sse"]
    assert mmd["samples"] < eight["samples"]
    assert strong["fld"] == pytest.approx(four["fld"], abs=0.02)
    errors = {analysis.values(each, "sse").mean(): each.fact("method") for each in group}
    assert errors[min(errors)] == "gradient_penalty"
    flds = {each.score("fld").value: each.fact("method") for each in group}
    assert flds[max(flds)] == "instance_noise"


def test_a_cell_with_a_record_is_not_run_again(tmp_path):
    run = cells.CELLS[0].run
    (tmp_path / f"{run.name}.json").write_text("{}")
    complete([run], tmp_path, tmp_path / "work", num_processes=1, minutes=1)
    assert not (tmp_path / "work").exists()
    assert (tmp_path / f"{run.name}.json").read_text() == "{}"
