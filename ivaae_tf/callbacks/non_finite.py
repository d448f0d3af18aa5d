"""Stops training when a logged value is NaN or infinite."""

import math

import keras

from ivaae_tf.runs.directory import RunDirectory
from pipelines.errors import UserError


class TerminateOnNonFinite(keras.callbacks.Callback):
    """Stops training, before anything is saved, when a logged value is NaN or infinite.

    Args:
        run: The run's folder, whose last checkpoint the message names.

    Raises:
        UserError: At the step, naming the value.
    """

    def __init__(self, run: RunDirectory):
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch, logs=None):
        """Checks what the step returned."""
        for name, value in (logs or {}).items():
            if math.isfinite(value):
                continue
            kept = (
                f"the checkpoint of the last good epoch is {self.run.last_checkpoint_path}"
                if self.run.last_checkpoint_path.exists()
                else "there was no checkpoint yet"
            )
            raise UserError(
                f"{name} became {float(value)} at step {self.model.steps_trained}; {kept}"
            )
