"""Moving averages of the weights of a model, which give smoother samples than the last step."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf

from ivaae_tf.program import interruption


class WeightAverage(keras.layers.Layer):
    """Exponential moving averages of weights, including statistics of batch normalization.

    After step s, from 0, each average becomes δ·average + (1 − δ)·weight with
    δ = min(decay, (1 + s)/(10 + s)), so that the initial weights soon have little influence.
    `use_ema` of Keras's optimizers excludes the means and variances of batch normalization, which
    then would not match the averaged weights.

    Args:
        weights: Keras variables, at least one.
        decay: Factor at each step, in (0, 1).

    Raises:
        ValueError: If the decay is out of this range.
    """

    def __init__(self, weights: Sequence[keras.Variable], decay: float):
        super().__init__(name="weight_average")
        if not 0 < decay < 1:
            raise ValueError(f"decay must be above 0 and below 1. Received: {decay}")
        self.decay = decay
        self._averages = [
            self.add_weight(
                weight.shape,
                initializer=lambda shape, dtype, weight=weight: tf.cast(weight.value, dtype),
                dtype=weight.dtype,
                trainable=False,
                aggregation="only_first_replica",  # All replicas have the same weights.
                name=f"average_{index}",
            )
            for index, weight in enumerate(weights)
        ]
        # In a function, because Keras tracks variables in the attributes of a layer as its own.
        self._weights_of_model = lambda: weights
        self.built = True

    def update(self, step: tf.Tensor) -> None:
        """Updates the averages after a training step, counted from 0."""
        step = tf.cast(step, tf.float32)
        decay = tf.minimum(self.decay, (1 + step) / (10 + step))
        for average, weight in self._pairs():
            rate = tf.cast(1 - decay, average.dtype)
            average.assign_add(rate * (weight - average))

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Uses the averages as weights until the block ends."""
        are_exchanged = False
        try:
            with interruption.deferred():  # A signal must not leave half of them exchanged.
                self._exchange()
                are_exchanged = True
            yield
        finally:
            if are_exchanged:
                with interruption.deferred():
                    self._exchange()

    def assign_to_weights(self) -> None:
        """Replaces the weights with the averages."""
        for average, weight in self._pairs():
            weight.assign(average.value)

    def restart(self) -> None:
        """Sets the averages to the current weights."""
        for average, weight in self._pairs():
            average.assign(weight.value)

    def _exchange(self) -> None:
        for average, weight in self._pairs():
            value = tf.identity(weight.value)
            weight.assign(average.value)
            average.assign(value)

    def _pairs(self) -> Iterator[tuple[keras.Variable, keras.Variable]]:
        return zip(self._averages, self._weights_of_model(), strict=True)


class NoWeightAverage:
    """Null object without averages: the weights are used unchanged."""

    def update(self, step: tf.Tensor) -> None:
        """Does nothing."""

    def in_use(self) -> contextlib.AbstractContextManager:
        """Does nothing."""
        return contextlib.nullcontext()

    def assign_to_weights(self) -> None:
        """Does nothing."""

    def restart(self) -> None:
        """Does nothing."""


def weight_average(
    weights: Sequence[keras.Variable], decay: float
) -> WeightAverage | NoWeightAverage:
    """Returns the averages of weights, or a null object if the decay is 0."""
    return WeightAverage(weights, decay) if decay else NoWeightAverage()
