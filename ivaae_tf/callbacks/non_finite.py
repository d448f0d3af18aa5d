"""A callback that stops training at NaN and infinite values."""

import math

import keras

from ivaae_tf.runs.training_directory import TrainingDirectory
from pipelines.errors import UserError


class TerminateOnNonFinite(keras.callbacks.Callback):
    """Stops training before the next save if a logged value is NaN or infinite.

    Args:
        run: The run's folder; the message names its last checkpoint.
    """

    def __init__(self, run: TrainingDirectory):
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch, logs=None):
        """Raises a UserError that names the first value that is not finite."""
        for name, value in (logs or {}).items():
            if math.isfinite(value):
                continue
            kept = (
                f"the checkpoint of the last good epoch is {self.run.last_checkpoint_path}"
                if self.run.last_checkpoint_path.exists()
                else "there is no checkpoint yet"
            )
            raise UserError(
                f"{name} became {float(value)} at step {self.model.steps_trained}; {kept}"
            )
