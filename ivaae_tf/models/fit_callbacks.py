"""Callbacks that `fit` adds to the callbacks of the user."""

import warnings
from typing import Any

import keras


class LevelWarning(keras.callbacks.Callback):
    """Warns once if images leave [−1, 1] but the images of the decoder cannot."""

    def on_train_batch_end(self, batch, logs=None):
        """Checks the first batch of an epoch."""
        if batch == 0:
            self._check()

    def on_epoch_end(self, epoch, logs=None):
        """Checks the whole epoch."""
        self._check()

    def on_test_end(self, logs=None):
        """Checks the evaluated images."""
        self._check()

    def _check(self) -> None:
        model = self.model
        if model.warns_of_levels and (level := _number(model.largest_level)) > 1.001:
            model.warns_of_levels = False
            warnings.warn(
                f"images have levels of up to ±{level:.4g}, but the decoder ends in tanh, within "
                "[−1, 1]: scale them, such as x / 127.5 − 1 of levels from 0 to 255",
                stacklevel=2,
            )


class SharedRateChanges(keras.callbacks.Callback):
    """Changes the learning rates of all networks as other callbacks change the first network's.

    Keras's LearningRateScheduler and ReduceLROnPlateau set the learning rate of `model.optimizer`,
    the optimizer of only the first network. The learning rates of the others are then multiplied
    by the same factor, relative to the beginning of training. If a callback changes one of these
    itself, all current learning rates become the new beginning.

    Raises:
        ValueError: If another network has a schedule, or a learning rate of 0.
    """

    def on_train_begin(self, logs=None):
        """Stores the learning rates, after other callbacks have restored a model."""
        self._first_rates = self._rates = self._read()

    def on_epoch_begin(self, epoch, logs=None):
        """Follows changes before the epoch."""
        self._follow()

    def on_train_batch_begin(self, batch, logs=None):
        """Follows changes before the batch."""
        self._follow()

    def on_epoch_end(self, epoch, logs=None):
        """Follows changes after the epoch."""
        self._follow()

    def _read(self) -> dict[str, Any]:
        """Returns name of an optimizer -> learning rate, None for a schedule."""
        found = {}
        for name in self.model.optimizer_names:
            rate = getattr(self.model, name).learning_rate
            found[name] = _number(rate) if isinstance(rate, keras.Variable) else None
        return found

    def _follow(self) -> None:
        rates = self._read()
        if rates == self._rates:
            return
        first, *others = rates
        if any(rates[name] != self._rates[name] for name in others):
            self._first_rates = self._rates = rates
            return
        if not all(self._first_rates.values()):
            raise ValueError(
                f"A callback changes the learning rate of {first} to {rates[first]}; the others "
                "change by the same factor, so each must be above 0 and not a schedule. "
                f"Received: {self._first_rates}"
            )
        for name in others:
            rate = self._first_rates[name] * rates[first] / self._first_rates[first]
            getattr(self.model, name).learning_rate = rate
        self._rates = self._read()


def _number(variable: Any) -> float:
    """Returns the value of a variable, also of one that replicas share."""
    return float(keras.ops.convert_to_numpy(variable))
