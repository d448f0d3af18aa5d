"""Tests that two replicas, on logical CPU devices, compute the same as one."""

import pickle

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.models.networks import NETWORKS
from tests import conformance_table
from tests.mains import Main


def pytest_generate_tests(metafunc):
    if "combination" in metafunc.fixturenames:
        conformance_table.parametrize(
            metafunc, "combination", conformance_table.ROWS, games=conformance_table.GAMES
        )


@pytest.fixture(scope="module")
def results(tmp_path_factory, request):
    """Merges the results of one process per network; they run at the same time.

    They train the combinations of the tests that are run, and the first, which others need, too.
    """
    folder = tmp_path_factory.mktemp("replicas")
    trained = {conformance_table.COMBINATIONS[0]}
    for item in request.session.items:
        if item.path == request.path and "combination" in getattr(item, "fixturenames", ()):
            trained.add(item.callspec.params["combination"])
    running = {}
    for network in NETWORKS:
        rows = ["-".join(row) for row in trained if row[2] == network]
        running[network] = Main("tests.two_replicas", folder / network, network, *rows)
    merged = {}
    for name, main in running.items():
        finished = main.wait(timeout=900)  # a minute if nothing else runs
        assert finished.returncode == 0, f"{name}\n{finished.stderr[-5000:]}"
        merged |= pickle.loads((folder / name).read_bytes())
    return merged


def _one_and_two(results, what):
    return results[what]["one"], results[what]["two"]


def test_weights_after_ten_steps_are_those_of_one_replica(combination, results):
    """Allows for float32 rounding, which ten steps and batch norm's division amplify.

    It uses plain descent, because Adam would hide gradients that are wrong by a factor.
    """
    one, two = _one_and_two(results, combination)
    tolerance = 1e-6 if combination[2] == "fully_connected" else 1e-5
    moves = []
    for before, expected, weight in zip(one["before"], one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(weight, expected, rtol=0, atol=tolerance)
        moves.append(np.max(np.abs(expected - before)))
    assert np.median(moves) > 100 * tolerance
    np.testing.assert_array_equal(two["random_state"], one["random_state"])


def test_logs_are_those_of_the_global_batch(combination, results):
    """Compares losses, accuracies and the norms of the global gradient at each step."""
    one, two = _one_and_two(results, combination)
    assert len(two["steps"]) == 10
    for logs, expected in zip(two["steps"], one["steps"], strict=True):
        _assert_close_logs(logs, expected, 2e-4)


def _assert_close_logs(logs, expected, tolerance):
    assert set(logs) == set(expected)
    for name, value in logs.items():
        np.testing.assert_allclose(
            value, expected[name], rtol=tolerance, atol=tolerance, err_msg=name
        )


@pytest.mark.parametrize("intervention", conformance_table.INTERVENTIONS)
def test_noise_is_what_one_replica_draws_and_independent(intervention, results):
    """Checks |correlation| < 5/√n between the replicas' halves of the last rung."""
    one, two = (noise[intervention] for noise in _one_and_two(results, "noise"))
    np.testing.assert_allclose(two, one, rtol=1e-5, atol=1e-6)
    last = two[-1]
    first_half, second_half = last[:500].ravel(), last[500:].ravel()
    assert abs(np.corrcoef(first_half, second_half)[0, 1]) < 5 / np.sqrt(len(first_half))


def test_an_epoch_of_fit_and_an_evaluation_are_those_of_one_replica(results):
    """Compares Keras's loop, and an evaluation with unequal shares for the replicas."""
    one, two = _one_and_two(results, "fit")
    _assert_close_logs(two["epoch"], one["epoch"], 1e-5)
    _assert_close_logs(two["evaluation"], one["evaluation"], 1e-6)
    for expected, weight in zip(one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(weight, expected, rtol=0, atol=2e-6)


def test_norms_of_the_fused_adam_are_those_of_the_global_gradient(results):
    """The table's models use SGD, whose gradients are summed a second time for the norm."""
    one, two = _one_and_two(results, "norms")
    _assert_close_logs(two, one, 1e-5)
    expected = results[conformance_table.COMBINATIONS[0]]["one"]["steps"][0]
    for part in ("decoder", "discriminator"):  # E's gradient depends on D's optimizer.
        name = f"{part}_gradient_norm"
        np.testing.assert_allclose(one[name], expected[name], rtol=1e-5)


def test_the_norm_that_is_limited_is_that_of_the_global_gradient(results):
    for norms in _one_and_two(results, "clipped_norms"):
        assert len(norms) == 3
        for norm in norms.values():
            np.testing.assert_allclose(norm, conformance_table.CLIPNORM, rtol=1e-5)


def test_steps_in_groups_are_the_same_steps(results):
    for found in _one_and_two(results, "fit"):
        for weight, in_groups in zip(found["weights"], found["weights_in_groups"], strict=True):
            np.testing.assert_array_equal(weight, in_groups)


def test_files_restore_weights_and_random_state_under_a_strategy(results):
    assert results["state_restored"]


def test_alone_every_function_returns_what_it_was_given():
    rows = tf.reshape(tf.range(6.0), [3, 2])
    assert replicas.num_replicas() == 1
    assert replicas.gather(rows) is rows
    assert replicas.local_rows(rows, tf.constant(3)) is rows
    assert replicas.sum_over_replicas([rows])[0] is rows
    assert replicas.as_log_scalar(rows[0, 0]).shape == ()
