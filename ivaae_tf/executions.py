"""Training steps in groups that end where an epoch ends."""

import itertools
from collections.abc import Iterator

import keras
import tensorflow as tf


class Executions:
    """A model's training function: runs several steps at a time, and an epoch's exact number.

    Keras runs `steps_per_execution` steps whenever it calls a training function. Where an epoch is
    not a multiple of that, and the data do not end with the epoch, its own function would go on
    into the next epoch. This one runs what is left of the epoch instead.

    It is called once for each execution of one epoch after another, from the start of an epoch on.

    Args:
        model: A compiled model.
        steps_per_epoch: Steps in an epoch, at least 1.
    """

    def __init__(self, model: keras.Model, steps_per_epoch: int):
        self._model = model
        self._sizes = itertools.cycle(_sizes(steps_per_epoch, model.steps_per_execution))
        self._step = tf.function(
            model.train_step,
            reduce_retracing=True,
            jit_compile=model.jit_compile,
            autograph=False,  # as in Keras
        )
        self._run = tf.function(self._steps, reduce_retracing=True)

    def __call__(self, iterator: Iterator) -> dict[str, tf.Tensor]:
        """Runs the next steps on batches of the iterator, and returns the last one's logs."""
        return self._run(iterator, tf.constant(next(self._sizes)))

    def _steps(self, iterator: Iterator, num_steps: tf.Tensor) -> dict[str, tf.Tensor]:
        logs = self._one_step(next(iterator))
        for _ in tf.range(num_steps - 1):
            logs = self._one_step(next(iterator))
        return logs

    def _one_step(self, batch: tf.Tensor) -> dict[str, tf.Tensor]:
        strategy = self._model.distribute_strategy
        logs = strategy.run(self._step, args=(batch,))
        means = {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
            for name, value in logs.items()
        }
        return {name: tf.reshape(mean, []) for name, mean in means.items()}


def _sizes(steps_per_epoch: int, steps_per_execution: int) -> list[int]:
    """Returns how many steps each execution of an epoch has."""
    whole, rest = divmod(steps_per_epoch, steps_per_execution)
    return [steps_per_execution] * whole + ([rest] if rest else [])
