"""A list of callbacks that leaves the logs of steps on the device."""

import keras


class CallbacksOnDevice(keras.callbacks.CallbackList):
    """Keras's list, but `on_train_batch_end` gets tensors, which a callback reads only if it must.

    Keras's own list reads every scalar in every step, and so lets the device wait for the host.
    """

    def on_train_batch_end(self, batch, logs=None):
        """Calls the callbacks with the step's logs as they are."""
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)
