"""The checkpoint at the end of each epoch, from which a run goes on."""

import keras

from ivaae_tf.runs.directory import RunDirectory


class LastCheckpoint(keras.callbacks.Callback):
    """Saves the model, its optimizers, step and random state after each epoch.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: RunDirectory):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        """Replaces the last checkpoint."""
        self.run.save_last(self.model)
