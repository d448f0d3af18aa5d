"""Tests of the learning rates at the edges of epochs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.optimizers import decay_at_epochs


def test_the_rate_falls_between_the_last_step_of_an_epoch_and_the_first_of_the_next():
    """Uses CelebA's schedule: ×0.5 at epoch 30, ×0.2 more at 50, ×0.1 more at 100."""
    steps = 7
    schedule = decay_at_epochs(1e-3, [30, 50, 100], [0.5, 0.2, 0.1], steps)
    rates = {0: 1e-3, 30: 5e-4, 50: 1e-4, 100: 1e-5}
    for (epoch, rate), before in zip(list(rates.items())[1:], list(rates.values()), strict=False):
        np.testing.assert_allclose(schedule(epoch * steps - 1), before, rtol=1e-6)
        np.testing.assert_allclose(schedule(epoch * steps), rate, rtol=1e-6)
    np.testing.assert_allclose(schedule(0), 1e-3, rtol=1e-6)
    np.testing.assert_allclose(schedule(10**6), 1e-5, rtol=1e-6)


def test_an_optimizer_takes_each_step_at_the_rate_of_its_epoch():
    """Takes plain descent with gradient 1, which moves the variable by the rate."""
    optimizer = keras.optimizers.SGD(decay_at_epochs(1.0, [1, 2], [0.5, 0.5], steps_per_epoch=3))
    variable = keras.Variable(0.0)
    moves = []
    for _ in range(8):
        before = float(variable)
        optimizer.apply([tf.ones([])], [variable])
        moves.append(before - float(variable))
    np.testing.assert_allclose(moves, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])


def test_no_decay_is_a_constant_rate():
    optimizer = keras.optimizers.SGD(decay_at_epochs(0.1, [], [], 10))
    np.testing.assert_allclose(optimizer.learning_rate, 0.1, rtol=1e-6)


@pytest.mark.parametrize("epochs", [[0, 3], [3, 3], [5, 2]])
def test_epochs_that_do_not_rise_are_refused(epochs):
    with pytest.raises(ValueError, match="must increase"):
        decay_at_epochs(0.1, epochs, [0.5, 0.5], 10)


def test_each_epoch_needs_its_factor():
    with pytest.raises(ValueError, match="must have one factor"):
        decay_at_epochs(0.1, [3, 5], [0.5], 10)
