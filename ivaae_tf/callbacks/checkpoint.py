"""The checkpoint at the end of each epoch, from which a run goes on."""

from pathlib import Path

import keras

from pipelines.atomic import replace_when_complete


class Checkpoint(keras.callbacks.Callback):
    """Saves the model, its optimizers, step and random state in place of the last ones.

    Keras's ModelCheckpoint and BackupAndRestore write over the old file, which a process that dies
    then would leave half written; here the new file takes the old one's place when it is whole.

    Args:
        path: The file, ending in ".keras".
    """

    def __init__(self, path: Path):
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch, logs=None):
        """Replaces the checkpoint."""
        with replace_when_complete(self.path) as path:
            self.model.save(path)
