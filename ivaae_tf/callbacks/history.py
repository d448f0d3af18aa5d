"""The averages of each epoch, as a table in the run's folder."""

import keras

from ivaae_tf.runs.directory import RunDirectory


class HistoryFile(keras.callbacks.Callback):
    """Adds each epoch's averages to the run's `history.json`.

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
