"""Progress bar of training."""

import sys
import time

import keras
import numpy as np

_SECONDS_BETWEEN_UPDATES = 0.2


class LossProgressBar(keras.callbacks.ProgbarLogger):
    """Keras's progress bar with only the losses; TensorBoard has all logs.

    On a terminal it is updated a few times a second; in a log file there is one line per epoch.

    Args:
        verbose: 2 for one line per epoch on a terminal, too.
    """

    def __init__(self, verbose: int = 1):
        super().__init__()
        self._verbose = verbose

    NAMES = (
        "reconstruction_loss",
        "posterior_loss",
        "latent_loss",
        "generator_loss",
        "image_error",
        "label_loss",
        "js_estimate",
        "val_reconstruction_loss",
        "val_image_error",
        "val_label_error",
        "val_cluster_error",
        "val_discriminator_accuracy_rung_1",
    )

    def set_params(self, params):
        """Sets Keras's parameters, but shows the bar despite `verbose=0` in `fit`."""
        self._moves, self._last_update = self._verbose == 1 and sys.stdout.isatty(), 0.0
        super().set_params({**params, "verbose": 1 if self._moves else 2})

    def on_train_batch_end(self, batch, logs=None):
        """Updates the bar on a terminal, at most a few times a second."""
        if not self._moves or time.monotonic() < self._last_update + _SECONDS_BETWEEN_UPDATES:
            return
        self._last_update = time.monotonic()
        super().on_train_batch_end(batch, self._losses(logs))

    def on_epoch_end(self, epoch, logs=None):
        """Ends the epoch's bar with the averages."""
        super().on_epoch_end(epoch, self._losses(logs))

    def _losses(self, logs):
        """Returns the losses, of the last step if there are several."""
        return {name: np.ravel(logs[name])[-1] for name in self.NAMES if name in (logs or {})}
