"""Steps in groups: an epoch's exact number in training, and all the data in evaluation."""

import itertools
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

Logs = dict[str, tf.Tensor]


class TrainingExecutions:
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
        self._sizes = itertools.cycle(_sizes(steps_per_epoch, model.steps_per_execution))
        self._one_step = _step_on_all_replicas(model, model.train_step)
        self._run = tf.function(self._steps, reduce_retracing=True)

    def __call__(self, iterator: Iterator) -> Logs:
        """Runs the next steps on batches of the iterator, and returns the last one's logs."""
        return self._run(iterator, tf.constant(next(self._sizes)))

    def _steps(self, iterator: Iterator, num_steps: tf.Tensor) -> Logs:
        logs = self._one_step(next(iterator))
        for _ in tf.range(num_steps - 1):
            logs = self._one_step(next(iterator))
        return logs


class EvaluationExecutions:
    """A model's evaluation function for the same number of steps, until the data end.

    Keras's own, with several workers and several steps at a time, ends in an error of TensorFlow.

    Args:
        model: A compiled model.
    """

    def __init__(self, model: keras.Model):
        self._num_steps = model.steps_per_execution
        self._one_step = _step_on_all_replicas(model, model.test_step)

    def __call__(self, iterator: Iterator) -> Logs:
        """Runs the next steps on batches of the iterator, and returns the last one's logs.

        Raises:
            StopIteration: If there is no batch any more, by which Keras knows the end.
        """
        logs = self._one_step(next(iterator))
        for batch in itertools.islice(iterator, self._num_steps - 1):
            logs = self._one_step(batch)
        return logs


def _step_on_all_replicas(model: keras.Model, step: Callable) -> Callable[[tf.Tensor], Logs]:
    """Returns a step of the model on a global batch, whose logs are the replicas' means."""
    strategy = model.distribute_strategy
    compiled = tf.function(
        step,
        reduce_retracing=True,
        jit_compile=model.jit_compile,
        autograph=False,  # as in Keras
    )

    def on_all_replicas(batch: tf.Tensor) -> Logs:
        logs = strategy.run(compiled, args=(batch,))
        means = {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
            for name, value in logs.items()
        }
        return {name: tf.reshape(mean, []) for name, mean in means.items()}

    return tf.function(on_all_replicas, reduce_retracing=True)


def _sizes(steps_per_epoch: int, steps_per_execution: int) -> list[int]:
    """Returns how many steps each execution of an epoch has."""
    whole, rest = divmod(steps_per_epoch, steps_per_execution)
    return [steps_per_execution] * whole + ([rest] if rest else [])
