"""The end of a run whose numbers are no longer numbers."""

import math

import keras

from pipelines.errors import UserError


class StopOnNonFinite(keras.callbacks.Callback):
    """Stops training, before anything is saved, when a logged value is infinite or not a number.

    Args:
        checkpoint: Path of the checkpoint that stays, to be named in the message.

    Raises:
        UserError: At the step, naming the value.
    """

    def __init__(self, checkpoint):
        super().__init__()
        self.checkpoint = checkpoint

    def on_train_batch_end(self, batch, logs=None):
        """Checks what the step returned."""
        for name, value in (logs or {}).items():
            if math.isfinite(value):
                continue
            kept = (
                f"the checkpoint of the last good epoch is {self.checkpoint}"
                if self.checkpoint.exists()
                else "there was no checkpoint yet"
            )
            raise UserError(
                f"{name} became {float(value)} at step {self.model.steps_trained}; {kept}"
            )
