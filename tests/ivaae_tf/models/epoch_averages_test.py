import math

import numpy as np
import tensorflow as tf

from ivaae_tf.models.epoch_averages import Averages

ONE_DEVICE = tf.distribute.get_strategy()


def updated(*steps, names=("a", "b")):
    averages = Averages(names)
    for step in steps:
        averages.update_state({name: tf.constant(value) for name, value in step.items()})
    return averages


def test_the_result_is_the_mean_of_each_scalar():
    result = updated({"a": 1.0, "b": 2.0}, {"a": 3.0, "b": -2.0}).result()
    assert {name: float(value) for name, value in result.items()} == {"a": 2.0, "b": 0.0}


def test_weights_are_counts_of_images():
    averages = Averages(["a"])
    averages.update_state({"a": tf.constant(6.0)}, tf.constant(3.0))
    averages.update_state({"a": tf.constant(2.0)}, tf.constant(1.0))
    averages.update_state({"a": tf.constant(0.0)}, tf.constant(0.0))  # a replica without images
    assert float(averages.result()["a"]) == 2.0
    averages.reset_state()
    assert float(averages.result()["a"]) == 0.0


def test_the_first_value_that_is_not_finite_is_known_later():
    good = {"a": 1.0, "b": 1.0}
    assert updated(good, good).first_non_finite(ONE_DEVICE) is None
    averages = updated(good, {"a": 1.0, "b": math.inf}, {"a": math.nan, "b": math.nan}, good)
    update, name, value = averages.first_non_finite(ONE_DEVICE)
    assert (name, update) == ("b", 2) and not math.isfinite(value)
    averages.reset_state()
    assert averages.first_non_finite(ONE_DEVICE) is None


def test_an_update_is_a_few_operations_for_any_number_of_names():
    def num_operations(num_names):
        averages = Averages([str(index) for index in range(num_names)])
        values = {name: tf.constant(1.0) for name in averages.names}
        graph = tf.function(averages.update_state).get_concrete_function(values).graph
        return len(graph.get_operations()) - num_names  # each argument is one

    assert num_operations(40) == num_operations(4) < 30
    np.testing.assert_array_equal(Averages(["a"]).total, [0.0])


def test_what_was_kept_goes_on_in_other_averages():
    values = [{"a": 0.1, "b": 3e7}, {"a": 0.2, "b": 1.0}, {"a": 0.7, "b": math.inf}]
    whole, first, second = updated(*values), updated(*values[:2]), Averages(["a", "b"])
    first.take_snapshot(ONE_DEVICE)
    store = {}
    first.save_own_variables(store)
    second.load_own_variables(store)
    assert second.has_snapshot
    second.restore(second.snapshot_rows(1), ONE_DEVICE)
    second.update_state({name: tf.constant(value) for name, value in values[2].items()})
    for found, expected in zip(second.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert second.first_non_finite(ONE_DEVICE)[0] == 3  # counted over both
    first.drop_snapshot()
    store = {}
    first.save_own_variables(store)
    assert store == {}


def test_other_replicas_get_the_sum_of_what_was_kept():
    averages = updated({"a": 1.0, "b": 2.0})
    averages.take_snapshot(ONE_DEVICE)
    rows = averages.snapshot_rows(3)
    assert rows.shape[0] == 3
    np.testing.assert_array_equal(rows.sum(axis=0), averages.snapshot_rows(1)[0])
