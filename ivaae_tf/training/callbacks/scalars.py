"""Scalars for TensorBoard: values of single steps, and averages of each epoch."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.models.epoch_averages import without_sums
from ivaae_tf.runs.training_directory import TrainingDirectory


class TensorBoardScalars(keras.callbacks.Callback):
    """Writes the logs of steps, and the averages of epochs at their last steps.

    Keras's own TensorBoard callback counts steps from 0 in each `fit`, so the curves of a resumed
    run would overlap; here steps are counted from the start of the run. Values are written at
    multiples of `log_every`, also after an interruption. Learning rates and images per second are
    added.

    Args:
        run: The run folder.
        log_every: Steps between two values of steps, at least 1.
        settings: Name -> value, with the batch size, for the HParams page.
    """

    def __init__(self, run: TrainingDirectory, log_every: int, settings: Mapping[str, Any]):
        super().__init__()
        self.run = run
        self.log_every = log_every
        self.settings = settings
        self._next_step = log_every

    def on_train_begin(self, logs=None):
        """Writes the settings."""
        self.run.writer.settings(self.settings)

    def on_train_batch_end(self, batch, logs=None):
        """Writes the values of the steps that are multiples of `log_every`."""
        last = self._first_step + batch + 1
        steps = range(self._next_step, last + 1, self.log_every)
        if not steps or not logs:
            return
        # Concatenated on the device, because each read waits for it. A call of several steps has
        # a column for each.
        logs = without_sums(logs)
        tensors = [tf.convert_to_tensor(value) for value in logs.values()]
        values = tf.reshape(tf.stack(tensors), [len(tensors), -1]).numpy()
        for step in steps:
            column = values[:, max(step - last - 1, -values.shape[1])]
            self.run.log_writers["step"].logs(dict(zip(logs, column, strict=True)), step)
            self._next_step = step + self.log_every

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the time and the step."""
        self._first_step = epoch * self.params["steps"]
        self._start_time, self._first_own_step = time.perf_counter(), self.model.steps_trained
        self._next_step = (self._first_own_step // self.log_every + 1) * self.log_every

    def on_epoch_end(self, epoch, logs=None):
        """Writes the averages of the epoch, its speed and the learning rates."""
        num_steps = self.model.steps_trained - self._first_own_step
        num_images = num_steps * self.settings["batch_size"]
        rates = {
            f"learning_rate_{name.removesuffix('_optimizer')}": float(
                keras.ops.convert_to_numpy(getattr(self.model, name).learning_rate)
            )
            for name in self.model.optimizer_names
        }
        speed = {"images_per_second": num_images / (time.perf_counter() - self._start_time)}
        self.run.log_writers["epoch"].logs(
            {**without_sums(logs or {}), **rates, **speed}, self.model.steps_trained
        )
        self.run.flush_curves()

    def on_train_end(self, logs=None):
        """Flushes the last values."""
        self.run.flush_curves()
