"""Tests that steps per call change neither an epoch's number of steps nor the weights."""

import time

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.optimizers import FusedAdam
from ivaae_tf.models.step_functions import TrainStepFunction, single_step_function
from tests.small_models import IMAGE_SHAPE, small_model

STEPS_PER_EPOCH = 23


def make(steps_per_execution):
    rates = (1e-3, 1e-3, 1e-3)
    return small_model("ivaae_radial", FusedAdam, rates, steps_per_execution)


def batches_from(epoch):
    """Returns endless batches from the first one of an epoch on."""
    images = np.random.default_rng(0).uniform(-1, 1, (400, 8, *IMAGE_SHAPE)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(images).repeat().skip(epoch * STEPS_PER_EPOCH)


def validation_batches():
    """Returns fewer batches than some groups have steps; the last one is smaller."""
    images = np.random.default_rng(1).uniform(-1, 1, (75, *IMAGE_SHAPE)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices(images).batch(8)


def fit(model, epochs, initial_epoch=0):
    history = model.fit(
        batches_from(initial_epoch),
        initial_epoch=initial_epoch,
        epochs=epochs,
        steps_per_epoch=STEPS_PER_EPOCH,
        validation_data=validation_batches(),
        shuffle=False,
        verbose=0,
    )
    return history.history


@pytest.fixture(scope="module")
def step_by_step():
    model = make(1)
    return model, fit(model, epochs=3)


# 23 is prime: 7 leaves 2, 11 leaves 1, and 23 nothing; 50 and 1000 are more than an epoch has.
@pytest.mark.parametrize("steps_per_execution", [2, 7, 11, 23, 50, 1000])
def test_groups_of_steps_change_nothing(steps_per_execution, step_by_step):
    reference, expected = step_by_step
    model = make(steps_per_execution)
    history = fit(model, epochs=3)
    assert model.steps_trained == 3 * STEPS_PER_EPOCH
    assert "val_reconstruction_loss" in history
    assert history == expected  # the averages over an epoch, and over the validation images
    for variable, twin in zip(model.state_variables, reference.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)


def test_single_steps_are_those_of_keras(step_by_step):
    reference, history = step_by_step
    model, batches = make(1), iter(batches_from(0))
    run = single_step_function(model, model.train_step)
    for _ in range(3 * STEPS_PER_EPOCH):
        run(batches)
    for variable, twin in zip(model.state_variables, reference.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
    validation = iter(validation_batches())
    validate = single_step_function(model, model.test_step)
    model.reset_metrics()
    for _ in range(10):
        logs = validate(validation)
    assert float(logs["reconstruction_loss"]) == history["val_reconstruction_loss"][-1]
    with pytest.raises(tf.errors.OutOfRangeError):
        validate(validation)


def test_another_fit_goes_on_from_the_next_epoch(step_by_step):
    reference, _ = step_by_step
    model = make(7)
    fit(model, epochs=1)
    fit(model, epochs=3, initial_epoch=1)
    for variable, twin in zip(model.state_variables, reference.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)


def test_data_that_end_by_themselves_are_left_to_keras():
    model = make(7)
    model.fit(batches_from(0).take(20), epochs=2, shuffle=False, verbose=0)
    assert model.steps_trained == 40


def test_a_call_ends_when_its_time_is_over_and_the_next_goes_on(step_by_step):
    reference, _ = step_by_step
    model, num_steps = make(50), 3 * STEPS_PER_EPOCH

    def after_a_while(batch):
        time.sleep(0.02)
        return batch

    slow = batches_from(0).map(lambda batch: tf.numpy_function(after_a_while, [batch], tf.float32))
    iterator = iter(slow.map(lambda batch: tf.ensure_shape(batch, (8, *IMAGE_SHAPE))))
    run, sizes = TrainStepFunction(model, most_seconds=0.1), []
    while (rest := num_steps - model.steps_trained) > 0:
        (size,) = run(iterator, min(50, rest))["reconstruction_loss"].shape
        sizes.append(size)
    assert sum(sizes) == model.steps_trained == num_steps
    assert len(sizes) > 3 and max(sizes) < 25  # not the half of a call
    for variable, twin in zip(model.state_variables, reference.state_variables, strict=True):
        np.testing.assert_array_equal(variable, twin, err_msg=variable.path)
