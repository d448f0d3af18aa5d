"""Steps in groups, up to the end of an epoch in training or of the data in evaluation."""

import itertools
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

Logs = dict[str, tf.Tensor]


class TrainingExecutions:
    """A training function of any number of steps per call.

    Keras runs `steps_per_execution` steps in each call. If an epoch is not a multiple of that, and
    the data continue, Keras's own function would run into the next epoch.

    Args:
        model: A compiled model.
    """

    def __init__(self, model: keras.Model):
        self._one_step = _step_on_all_replicas(model, model.train_step)
        self._run = tf.function(self._steps, reduce_retracing=True, autograph=False)

    def __call__(self, iterator: Iterator, num_steps: int) -> Logs:
        """Runs the next steps and returns their logs, each of shape (num_steps,)."""
        return self._run(iterator, tf.constant(num_steps))

    def _steps(self, iterator: Iterator, num_steps: tf.Tensor) -> Logs:
        names: list[str] = []

        def one_step() -> tf.Tensor:
            logs = self._one_step(next(iterator))
            names[:] = logs
            return tf.stack([tf.cast(value, tf.float32) for value in logs.values()])

        first = one_step()
        rows = tf.TensorArray(tf.float32, num_steps, element_shape=first.shape).write(0, first)
        _, rows = tf.while_loop(
            lambda index, rows: index < num_steps,
            lambda index, rows: (index + 1, rows.write(index, one_step())),
            (tf.constant(1), rows),
            parallel_iterations=1,
        )
        return dict(zip(names, tf.unstack(rows.stack(), len(names), axis=1), strict=True))


class EvaluationExecutions:
    """An evaluation function of a compiled model, with several steps per call.

    Keras's own function fails in TensorFlow with several workers and several steps per call.
    """

    def __init__(self, model: keras.Model):
        self._num_steps = model.steps_per_execution
        self._one_step = _step_on_all_replicas(model, model.test_step)

    def __call__(self, iterator: Iterator) -> Logs:
        """Runs the next steps and returns the logs of the last one.

        Raises:
            StopIteration: If no batch is left; Keras then ends the evaluation.
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

    return tf.function(on_all_replicas, reduce_retracing=True)


def sizes(steps_per_epoch: int, steps_per_execution: int) -> list[int]:
    """Returns the number of steps in each call of an epoch."""
    whole, rest = divmod(steps_per_epoch, steps_per_execution)
    return [steps_per_execution] * whole + ([rest] if rest else [])
