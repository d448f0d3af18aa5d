"""Scalars for TensorBoard: the values of single steps, and the averages of each epoch."""

import time
from collections.abc import Mapping
from typing import Any

import keras

from ivaae_tf.runs.training_directory import TrainingDirectory


class TensorBoardScalars(keras.callbacks.Callback):
    """Writes the logs of steps under `step/` and of epochs under `epoch/`.

    Keras's own TensorBoard callback counts steps from 0 in each `fit`, so the curves of a resumed
    run would overlap; here the optimizers count. Learning rates and images per second are added.

    Args:
        run: The run's folder.
        log_every: Steps between two values under `step/`, at least 1.
        settings: Name -> value, with the batch size, for the HParams page.
    """

    def __init__(self, run: TrainingDirectory, log_every: int, settings: Mapping[str, Any]):
        super().__init__()
        self.run = run
        self.log_every = log_every
        self.settings = settings
        self._last_logged_step = 0

    def on_train_begin(self, logs=None):
        """Writes the settings."""
        self._last_logged_step = self.model.steps_trained
        self.run.writer.settings(self.settings)

    def on_train_batch_end(self, batch, logs=None):
        """Writes the values of the step, every `log_every` steps."""
        # With several steps per call, Keras counts past the end of the epoch.
        step = self._first_step + min(batch + 1, self.params["steps"])
        if step < self._last_logged_step + self.log_every:
            return
        self._last_logged_step = step
        self.run.writer.scalars("step", logs or {}, step)

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the time and the step."""
        self._start_time, self._first_step = time.perf_counter(), self.model.steps_trained

    def on_epoch_end(self, epoch, logs=None):
        """Writes the averages of the epoch, its speed and the learning rates."""
        num_images = (self.model.steps_trained - self._first_step) * self.settings["batch_size"]
        rates = {
            f"learning_rate_{name}": float(keras.ops.convert_to_numpy(optimizer.learning_rate))
            for name, optimizer in (
                ("encoder", self.model.encoder_optimizer),
                ("decoder", self.model.decoder_optimizer),
                ("discriminator", self.model.discriminator_optimizer),
            )
        }
        speed = {"images_per_second": num_images / (time.perf_counter() - self._start_time)}
        self.run.writer.scalars("epoch", {**(logs or {}), **rates, **speed}, epoch + 1)
        self.run.writer.flush()

    def on_train_end(self, logs=None):
        """Flushes the last values to the disk."""
        self.run.writer.flush()
