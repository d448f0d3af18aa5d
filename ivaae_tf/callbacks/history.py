"""The averages of each epoch, as a table in the run's folder."""

import keras

from ivaae_tf.run_directory import RunDirectory


class History(keras.callbacks.Callback):
    """Adds each epoch's averages to the run's `history.json`.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: RunDirectory):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        """Writes the epoch down; one that is trained again replaces what it left before."""
        history = self.run.read_history()
        history[epoch + 1] = {name: float(value) for name, value in (logs or {}).items()}
        self.run.write_history(history)
