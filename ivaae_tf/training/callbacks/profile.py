"""Profile of some training steps, for TensorBoard."""

import contextlib
from pathlib import Path

import keras
import tensorflow as tf


class Profile(keras.callbacks.Callback):
    """Records the activity of processors and devices between two steps.

    Keras's TensorBoard callback counts steps from 0 in each `fit`; here they are counted from the
    start of the run. With several steps per call, whole calls are recorded.

    Args:
        folder: Folder of the curves of the run.
        first: First step of the profile, from 1.
        last: Last step of the profile.
    """

    def __init__(self, folder: Path, first: int, last: int):
        super().__init__()
        self._folder = folder
        self._first = first
        self._last = last
        self._recorded_from: int | None = None
        self._is_recording = False

    def on_epoch_begin(self, epoch, logs=None):
        """Starts if the next call has the first step."""
        self._steps_before = epoch * self.params["steps"]
        self._begin_if_next(self.model.steps_trained)

    def on_train_batch_end(self, batch, logs=None):
        """Ends after the last step; starts if the next call has the first step."""
        step = self._steps_before + batch + 1
        if step >= self._last:
            self._end(step)
        self._begin_if_next(step)

    def on_train_end(self, logs=None):
        """Ends a profile that is longer than the training; reports if there was none."""
        if self._recorded_from is None and self.model.steps_trained < self._first:
            print(f"\nno profile: the training ends at step {self.model.steps_trained}")
        self._end(self.model.steps_trained)

    def _begin_if_next(self, step: int) -> None:
        last_of_call = step + self.model.steps_per_execution
        if self._recorded_from is None and step < self._last and last_of_call >= self._first:
            # A training that restored its last checkpoint may have started the profile already.
            with contextlib.suppress(tf.errors.AlreadyExistsError):
                tf.profiler.experimental.start(str(self._folder))
            self._recorded_from = step + 1
            self._is_recording = True

    def _end(self, step: int) -> None:
        if self._is_recording:
            tf.profiler.experimental.stop()
            print(f"\nprofile of steps {self._recorded_from} to {step} in {self._folder}")
        self._is_recording = False
