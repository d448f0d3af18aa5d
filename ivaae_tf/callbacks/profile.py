"""A profile of some training steps, for TensorBoard."""

import contextlib
from pathlib import Path

import keras
import tensorflow as tf


class Profile(keras.callbacks.Callback):
    """Records what processors and devices do from one step to another.

    Keras's TensorBoard callback counts steps from 0 in each `fit`; here they are counted from the
    run's first. With several steps per call, a profile begins and ends between two calls.

    Args:
        folder: Folder of the run's curves.
        first: First step of the profile, from 1.
        last: Last step of the profile.
    """

    def __init__(self, folder: Path, first: int, last: int):
        super().__init__()
        self._folder = folder
        self._first = first
        self._last = last
        self._is_recording = False

    def on_epoch_begin(self, epoch, logs=None):
        """Stores the number of steps before the epoch; begins if the next step is the first."""
        self._steps_before = epoch * self.params["steps"]
        self._begin_or_end(self.model.steps_trained)

    def on_train_batch_end(self, batch, logs=None):
        """Begins before the first step, ends after the last."""
        self._begin_or_end(self._steps_before + batch + 1)

    def on_train_end(self, logs=None):
        """Ends a profile that is longer than the training."""
        self._end()

    def _begin_or_end(self, step: int) -> None:
        if step >= self._last:
            self._end()
        elif step >= self._first - 1 and not self._is_recording:
            # A training that went back to its last checkpoint may have begun already.
            with contextlib.suppress(tf.errors.AlreadyExistsError):
                tf.profiler.experimental.start(str(self._folder))
            self._is_recording = True

    def _end(self) -> None:
        if self._is_recording:
            tf.profiler.experimental.stop()
            print(f"\nprofile of steps {self._first} to {self._last} in {self._folder}")
        self._is_recording = False
