"""The averages over an epoch of what a step logs, all in one variable."""

from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ivaae_tf")
class Averages(keras.metrics.Metric):
    """Weighted means of named scalars, updated together in a few operations on the device.

    It also counts for how long each scalar was finite, so that no step must wait until the host has
    read its losses.

    Args:
        names: Names of the scalars.
    """

    def __init__(self, names: Sequence[str], **kwargs):
        super().__init__(name="averages", **kwargs)
        self.names = tuple(names)
        shape = (len(self.names),)
        # Sums over the replicas when they are read.
        self.total = self.add_variable(shape, "zeros", name="total")
        self.weight = self.add_variable((), "zeros", name="weight")
        self.num_updates = self.add_variable((), "zeros", name="num_updates")
        self.num_finite = self.add_variable(shape, "zeros", name="num_finite")

    def update_state(self, sums: Mapping[str, tf.Tensor], weight: tf.Tensor | float = 1.0) -> None:
        """Adds to each scalar's total and to the weight of all; a missing scalar is 0."""
        values = tf.stack([tf.cast(sums.get(name, 0.0), tf.float32) for name in self.names])
        always_finite = tf.equal(self.num_finite, self.num_updates)
        self.num_finite.assign_add(tf.cast(always_finite & tf.math.is_finite(values), tf.float32))
        self.num_updates.assign_add(1.0)
        self.total.assign_add(values)
        self.weight.assign_add(weight)

    def result(self) -> dict[str, tf.Tensor]:
        """Returns name -> total / weight."""
        means = tf.math.divide_no_nan(self.total, self.weight)
        return dict(zip(self.names, tf.unstack(means), strict=True))

    def first_non_finite(self, strategy: tf.distribute.Strategy) -> tuple[str, float, int] | None:
        """Returns the name, value and update of the first scalar that was NaN or infinite.

        Updates count from 1, since the last reset. Returns None if all were finite on the devices
        of this process; other workers are not asked, because only one of them reads.

        Args:
            strategy: The strategy of the model.
        """
        local = strategy.experimental_local_results
        replicas = zip(
            *(local(each.value) for each in (self.num_updates, self.num_finite, self.total)),
            strict=True,
        )
        found = []
        for num_updates, num_finite, total in replicas:
            counts = num_finite.numpy()
            index = int(counts.argmin())
            if counts[index] < float(num_updates):
                found.append((int(counts[index]) + 1, self.names[index], float(total[index])))
        if not found:
            return None
        update, name, value = min(found)
        return name, value, update

    def save_own_variables(self, store) -> None:
        """Saves nothing: each epoch begins with a reset."""

    def load_own_variables(self, store) -> None:
        """Loads nothing."""

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {"names": self.names, "dtype": self.dtype}
