"""Scalars for TensorBoard: every step's values, and every epoch's averages."""

import time

import keras
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from ivaae_tf.run_directory import RunDirectory


class Scalars(keras.callbacks.Callback):
    """Writes what `train_step` returns under `step/`, an epoch's averages under `epoch/`.

    Keras's own TensorBoard callback counts steps from 0 whenever `fit` starts, so the curves of a
    resumed run would fold back; here the step is the optimizers' own. Learning rates, and images
    a second, are added.

    Args:
        run: The run's folder.
        log_every: Steps between two values under `step/`, at least 1.
        batch_size: Images in a step.
        settings: The run's settings, for the HParams page.
    """

    def __init__(self, run: RunDirectory, log_every: int, batch_size: int, settings: dict):
        super().__init__()
        self.run = run
        self.log_every = log_every
        self.batch_size = batch_size
        self.settings = settings
        self._last_logged_step = 0

    def on_train_begin(self, logs=None):
        """Writes the settings."""
        self._last_logged_step = self._step()
        with self.run.summary_writer.as_default():
            hparams.hparams_config(
                hparams=[hparams.HParam(name) for name in self.settings],
                metrics=[
                    hparams.Metric(f"epoch/{name}")
                    for name in ("reconstruction_loss", "val_reconstruction_loss", "js_estimate")
                ],
            )
            hparams.hparams({name: _as_hparam(value) for name, value in self.settings.items()})

    def on_train_batch_end(self, batch, logs=None):
        """Writes the step's values."""
        step = self._step()
        if step < self._last_logged_step + self.log_every:
            return
        self._last_logged_step = step
        self._write("step", logs, step)

    def on_epoch_begin(self, epoch, logs=None):
        """Notes the time."""
        self._epoch_start = time.perf_counter(), self._step()

    def on_epoch_end(self, epoch, logs=None):
        """Writes the epoch's averages, and where the learning rates stand."""
        start_time, start_step = self._epoch_start
        num_images = (self._step() - start_step) * self.batch_size
        rates = {
            f"learning_rate_{name}": float(keras.ops.convert_to_numpy(optimizer.learning_rate))
            for name, optimizer in (
                ("encoder", self.model.encoder_optimizer),
                ("decoder", self.model.decoder_optimizer),
                ("discriminator", self.model.discriminator_optimizer),
            )
        }
        speed = {"images_per_second": num_images / (time.perf_counter() - start_time)}
        self._write("epoch", {**(logs or {}), **rates, **speed}, epoch + 1)
        self.run.summary_writer.flush()

    def on_train_end(self, logs=None):
        """Writes out what is left."""
        self.run.summary_writer.flush()

    def _write(self, group, values, step):
        with self.run.summary_writer.as_default():
            for name, value in (values or {}).items():
                tf.summary.scalar(f"{group}/{name}", value, step=step)

    def _step(self) -> int:
        return self.model.steps_trained


def _as_hparam(value):
    """Returns the value, as text where the plugin knows no such type."""
    return value if isinstance(value, bool | int | float | str) else str(value)
