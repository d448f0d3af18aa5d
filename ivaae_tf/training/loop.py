"""Training that can start at any step, in epochs of an exact number of steps."""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import keras
import tensorflow as tf

from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.step_functions import (
    EvaluationStepFunction,
    TrainStepFunction,
    single_step_function,
)
from ivaae_tf.program import interruption
from ivaae_tf.runs.training_directory import TrainingDirectory
from ivaae_tf.training.distribute.workers import Workers


class CallbacksOnDevice(keras.callbacks.CallbackList):
    """Keras's list of callbacks, with tensors as logs, which callbacks read only when needed.

    Keras's own list reads every scalar in every step, so the device waits for the host.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Calls the callbacks with the unchanged logs of the step."""
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)


# After a signal, about eight seconds remain to finish a call of several steps and to save.
_MOST_SECONDS_OF_A_CALL = 2.0


@dataclasses.dataclass(frozen=True)
class Position:
    """A position in a training: the epoch, counted from 0, and the number of its steps done.

    All steps of an epoch may be done while its validation, scores and checkpoint are not.
    """

    epoch: int
    step: int

    @classmethod
    def of(cls, model: InterventionAutoencoder, steps_per_epoch: int) -> "Position":
        """Returns the position of a restored model: epoch, and steps done in it."""
        epoch, step = divmod(model.steps_trained, steps_per_epoch)
        if not step and epoch and model.averages.has_snapshot:
            return cls(epoch - 1, steps_per_epoch)
        return cls(epoch, step)


def resume(
    model: InterventionAutoencoder, run: TrainingDirectory, workers: Workers, steps_per_epoch: int
) -> Position:
    """Loads the newest checkpoint in all workers and returns its position.

    If the run has restored this checkpoint before, it gets new noise.

    Raises:
        UserError: If the checkpoint is damaged or belongs to another model.
    """
    if workers.is_chief:
        run.restore_last(model)
        if number := run.restores().count(model.steps_trained):
            for part in model.random_parts:
                part.change_noise(number)
    workers.broadcast(model.state_variables)
    num_replicas = workers.strategy.num_replicas_in_sync
    rows = workers.from_chief(model.averages.snapshot_rows(num_replicas))
    model.averages.restore(rows, workers.strategy)
    return Position.of(model, steps_per_epoch)


def train_from(
    position: Position,
    model: InterventionAutoencoder,
    batches: tf.data.Dataset,
    *,
    epochs: int,
    steps_per_epoch: int,
    validation_batches: tf.data.Dataset,
    callbacks: Sequence[keras.callbacks.Callback],
    stop_at_multiples_of: int = 0,
) -> None:
    """Trains like `keras.Model.fit`, which can start only at the first step of an epoch.

    Callbacks get the number of a step within its epoch, from 0. With several steps per call, they
    are called after the last step; the logs then have a value for each step of the call.

    Args:
        position: The position to start from. Within an epoch, the model has its averages.
        model: A compiled model.
        batches: Endless batches, starting at `position`.
        epochs: Number of epochs at the end of the training.
        steps_per_epoch: Steps in an epoch.
        validation_batches: Data that the model is evaluated on after each epoch.
        callbacks: Called as in `fit`; with `model.stop_training`, they end it after an epoch.
        stop_at_multiples_of: Calls end at multiples of this number of steps; 0 for no limit.
    """
    iterator = iter(model.distribute_strategy.experimental_distribute_dataset(batches))
    run_steps = _training_function(model)
    validate = _Validation(model, validation_batches)
    called = CallbacksOnDevice(callbacks, model=model, epochs=epochs, steps=steps_per_epoch)
    model.stop_training = False
    called.on_train_begin()
    # Tracing the first step takes long, and there is no work to lose yet.
    finishing: Callable[[], AbstractContextManager] = contextlib.nullcontext
    for epoch in range(position.epoch, epochs):
        done = position.step if epoch == position.epoch else 0
        if not done:
            model.reset_metrics()
        called.on_epoch_begin(epoch)
        while done < steps_per_epoch:
            size = min(model.steps_per_execution, steps_per_epoch - done)
            if stop_at_multiples_of:
                step = epoch * steps_per_epoch + done
                size = min(size, stop_at_multiples_of - step % stop_at_multiples_of)
            with finishing():
                logs = run_steps(iterator, size)
                done += _num_steps(logs)
                called.on_train_batch_end(done - 1, logs)
            finishing = interruption.deferred
        averages = model.get_metrics_result()
        called.on_epoch_end(epoch, {**averages, **validate()})
        if model.stop_training:
            break
    called.on_train_end()


def _training_function(model: InterventionAutoencoder) -> Callable[[Iterator, int], dict]:
    """Returns a function that runs a number of steps, or fewer if they take too long."""
    if model.steps_per_execution > 1:
        return TrainStepFunction(model, _MOST_SECONDS_OF_A_CALL)
    run_step = single_step_function(model, model.train_step)
    return lambda iterator, num_steps: run_step(iterator)


def _num_steps(logs: Mapping[str, tf.Tensor]) -> int:
    """Returns the number of steps of a call; the logs of a single step are scalars."""
    return math.prod(next(iter(logs.values())).shape)


class _Validation:
    """Evaluates a model on batches that are distributed once."""

    def __init__(self, model: InterventionAutoencoder, batches: tf.data.Dataset):
        self._model = model
        self._batches = model.distribute_strategy.experimental_distribute_dataset(batches)
        self._run_steps = (
            EvaluationStepFunction(model)
            if model.steps_per_execution > 1
            else single_step_function(model, model.test_step)
        )

    def __call__(self) -> dict[str, tf.Tensor]:
        """Returns the logs over all batches, each name with the prefix `val_`."""
        self._model.reset_metrics()
        iterator, logs = iter(self._batches), None
        # Each call returns the result over all batches so far.
        with contextlib.suppress(StopIteration, tf.errors.OutOfRangeError):
            while True:
                logs = self._run_steps(iterator)
        return {f"val_{name}": value for name, value in (logs or {}).items()}
