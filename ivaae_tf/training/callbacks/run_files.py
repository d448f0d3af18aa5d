"""Callbacks that write a run's history and last checkpoint after each epoch."""

import keras

from ivaae_tf.runs.training_directory import TrainingDirectory


class HistoryFile(keras.callbacks.Callback):
    """Adds the averages of each epoch to `history.json` in the run's folder."""

    def __init__(self, run: TrainingDirectory):
        super().__init__()
        self.run = run

    def on_epoch_end(self, epoch, logs=None):
        """Adds the epoch's averages."""
        averages = {name: float(value) for name, value in (logs or {}).items()}
        self.run.add_to_history(epoch + 1, averages)


class LastCheckpoint(keras.callbacks.Callback):
    """Saves model, optimizers, step and random state, to resume the run from.

    Args:
        run: The run's folder.
        keep_every: Epochs between two checkpoints that are kept for good; 0 for none.
    """

    def __init__(self, run: TrainingDirectory, keep_every: int = 0):
        super().__init__()
        self.run = run
        self.keep_every = keep_every

    def on_epoch_end(self, epoch, logs=None):
        """Replaces the last checkpoint; the next epoch has its own averages."""
        self.model.averages.forget()
        self.run.save_last(self.model)
        if self.keep_every and (epoch + 1) % self.keep_every == 0:
            self.run.keep_last(epoch + 1)
