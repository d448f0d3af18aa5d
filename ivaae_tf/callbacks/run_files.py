"""The files of a run that are written after each epoch: its history and its last checkpoint."""

import keras

from ivaae_tf.runs.directory import RunDirectory


class HistoryFile(keras.callbacks.Callback):
    """Adds the averages of each epoch to `history.json`.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: RunDirectory):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        """Adds the epoch."""
        averages = {name: float(value) for name, value in (logs or {}).items()}
        self.run.add_to_history(epoch + 1, averages)


class LastCheckpoint(keras.callbacks.Callback):
    """Saves the model, its optimizers, step and random state, from which the run goes on.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: RunDirectory):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        """Replaces the last checkpoint."""
        self.run.save_last(self.model)
