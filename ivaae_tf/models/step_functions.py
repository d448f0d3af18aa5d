"""Compiled functions that run several training or evaluation steps per call."""

import itertools
import math
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas

Logs = dict[str, tf.Tensor]


class TrainStepFunction:
    """A training function with any number of steps per call.

    Keras runs `steps_per_execution` steps in each call. If the length of an epoch is not a multiple
    of it, and the data continue, Keras's own function would run into the next epoch.

    Args:
        model: A compiled model.
        most_seconds: After this time a call ends with its current step, the same step in all
            workers, because no signal is handled within a call.
    """

    def __init__(self, model: keras.Model, most_seconds: float = math.inf):
        self._strategy = model.distribute_strategy
        self._most_seconds = most_seconds
        self._one_step = _step_on_all_replicas(model, model.train_step)
        self._run = tf.function(self._steps, reduce_retracing=True, autograph=False)

    def __call__(self, iterator: Iterator, num_steps: int) -> Logs:
        """Runs at most `num_steps` steps; returns their logs, with one value per step."""
        return self._run(iterator, tf.constant(num_steps))

    def _steps(self, iterator: Iterator, num_steps: tf.Tensor) -> Logs:
        names: list[str] = []

        def one_step() -> tf.Tensor:
            logs = self._one_step(next(iterator))
            names[:] = logs
            return tf.stack([tf.cast(value, tf.float32) for value in logs.values()])

        start = tf.timestamp()

        def continues(done: tf.Tensor, rows: tf.TensorArray) -> tf.Tensor:
            is_time_left = math.isinf(self._most_seconds) or self._is_time_left(start)
            return (done < num_steps) & is_time_left

        first = one_step()
        rows = tf.TensorArray(tf.float32, num_steps, element_shape=first.shape).write(0, first)
        done, rows = tf.while_loop(
            continues,
            lambda done, rows: (done + 1, rows.write(done, one_step())),
            (tf.constant(1), rows),
            parallel_iterations=1,
        )
        columns = tf.unstack(rows.gather(tf.range(done)), len(names), axis=1)
        return dict(zip(names, columns, strict=True))

    def _is_time_left(self, start: tf.Tensor) -> tf.Tensor:
        is_over = tf.timestamp() - start > self._most_seconds
        if not isinstance(self._strategy, tf.distribute.MultiWorkerMirroredStrategy):
            return ~is_over
        votes = self._strategy.run(
            lambda vote: replicas.sum_over_replicas([vote])[0], args=(tf.cast(is_over, tf.float32),)
        )
        return self._strategy.experimental_local_results(votes)[0] < 0.5


def single_step_function(model: keras.Model, step: Callable) -> Callable[[Iterator], Logs]:
    """Returns a function that runs a training or test step of a model on the next batch.

    Keras's own function returns the logs in an `Optional`; to open it takes a millisecond in each
    step.
    """
    on_all_replicas = _step_on_all_replicas(model, step)

    def run(iterator: Iterator) -> Logs:
        return on_all_replicas(next(iterator))

    return tf.function(run, reduce_retracing=True, autograph=False)


class EvaluationStepFunction:
    """An evaluation function of a compiled model, with several steps per call.

    Keras's own function fails with several workers and several steps per call.
    """

    def __init__(self, model: keras.Model):
        self._num_steps = model.steps_per_execution
        self._one_step = _step_on_all_replicas(model, model.test_step)

    def __call__(self, iterator: Iterator) -> Logs:
        """Runs the next steps and returns the logs of the last one.

        Raises:
            StopIteration: If no batch is left, which ends the evaluation in Keras.
        """
        logs = self._one_step(next(iterator))
        for batch in itertools.islice(iterator, self._num_steps - 1):
            logs = self._one_step(batch)
        return logs


def _step_on_all_replicas(model: keras.Model, step: Callable) -> Callable[[tf.Tensor], Logs]:
    """Returns a step on a global batch, with logs averaged over the replicas."""
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

    return tf.function(on_all_replicas, reduce_retracing=True, autograph=False)


def sizes(steps_per_epoch: int, steps_per_execution: int) -> list[int]:
    """Returns the number of steps in each call of an epoch."""
    whole, rest = divmod(steps_per_epoch, steps_per_execution)
    return [steps_per_execution] * whole + ([rest] if rest else [])
