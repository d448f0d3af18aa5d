"""Averages over an epoch of the scalars that a step logs."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import replicas


def without_sums(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns logs without `loss` and `val_loss`, which are for the callbacks of Keras."""
    return {name: value for name, value in logs.items() if name not in ("loss", "val_loss")}


@keras.saving.register_keras_serializable("ivaae_tf")
class Averages(keras.metrics.Metric):
    """Weighted means of named scalars, updated together in a few operations on the device.

    It also records the first non-finite update of each scalar on the device, so the host need not
    read every step.

    Args:
        names: Names of the scalars.
    """

    def __init__(self, names: Sequence[str], **kwargs):
        super().__init__(name="averages", **kwargs)
        self.names = tuple(names)
        shape = (len(self.names),)
        # Summed over the replicas when they are read.
        self.total = self.add_variable(shape, "zeros", name="total")
        self.weight = self.add_variable((), "zeros", name="weight")
        self.num_updates = self.add_variable((), "zeros", name="num_updates")
        self.num_finite = self.add_variable(shape, "zeros", name="num_finite")
        self._rows: Callable[[], tf.Tensor] | None = None
        self._snapshot: np.ndarray | None = None  # a row for each replica: all variables in order

    def update_state(self, sums: Mapping[str, tf.Tensor], weight: tf.Tensor | float = 1.0) -> None:
        """Adds to the total of each scalar and to the weight of all; a missing scalar is 0."""
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

    def first_non_finite(self, strategy: tf.distribute.Strategy) -> tuple[int, str, float] | None:
        """Returns the update, name and value of the first scalar that was NaN or infinite.

        Updates count from 1 since the last reset. Returns None if all were finite on the devices of
        this process; other workers are not queried.

        Args:
            strategy: The strategy of the model.
        """
        local = strategy.experimental_local_results
        replicas = zip(
            *(local(each.value) for each in (self.num_updates, self.num_finite, self.total)),
            strict=True,
        )
        found = []
        for values in replicas:  # concatenated on the device, because each read waits for it
            num_updates, *rest = tf.concat([tf.reshape(each, [-1]) for each in values], 0).numpy()
            counts, totals = np.split(np.array(rest), 2)
            index = int(counts.argmin())
            if counts[index] < num_updates:
                found.append((int(counts[index]) + 1, self.names[index], float(totals[index])))
        return min(found, default=None)

    @property
    def has_snapshot(self) -> bool:
        """Whether there are sums of an unfinished epoch, from `take_snapshot` or a checkpoint."""
        return self._snapshot is not None

    def take_snapshot(self, strategy: tf.distribute.Strategy) -> None:
        """Gathers the sums of all replicas for the next checkpoint; all workers must call it."""
        if self._rows is None:
            self._rows = tf.function(lambda: strategy.run(self._all_rows), autograph=False)
        self._snapshot = strategy.experimental_local_results(self._rows())[0].numpy()

    def _all_rows(self) -> tf.Tensor:
        values = [tf.cast(tf.reshape(each.value, [-1]), tf.float32) for each in self.variables]
        return replicas.gather(tf.concat(values, axis=0)[tf.newaxis])

    def drop_snapshot(self) -> None:
        """Omits the sums from the next checkpoints."""
        self._snapshot = None

    def snapshot_rows(self, num_replicas: int) -> np.ndarray:
        """Returns the sums of each replica, shape (num_replicas, k); zeros without a snapshot.

        If the number of replicas has changed, the first one gets the sum of all.
        """
        size = sum(math.prod(each.shape) for each in self.variables)
        rows = np.zeros((num_replicas, size), np.float32)
        if self._snapshot is not None and len(self._snapshot) == num_replicas:
            return self._snapshot
        if self._snapshot is not None:
            rows[0] = self._snapshot.sum(axis=0)
        return rows

    def restore(self, rows: np.ndarray, strategy: tf.distribute.Strategy) -> None:
        """Sets each replica to its row of `snapshot_rows`; all workers must call it."""
        self._snapshot = rows if rows.any() else None
        sizes = [math.prod(each.shape) for each in self.variables]

        def assign() -> None:
            context = tf.distribute.get_replica_context()
            row = tf.constant(rows)[context.replica_id_in_sync_group]
            for variable, values in zip(self.variables, tf.split(row, sizes), strict=True):
                variable.assign(tf.cast(tf.reshape(values, variable.shape), variable.dtype))

        tf.function(lambda: strategy.run(assign), autograph=False)()

    def save_own_variables(self, store) -> None:
        """Saves the snapshot: for each variable a row per replica."""
        if self._snapshot is None:
            return
        sizes = [math.prod(each.shape) for each in self.variables]
        columns = np.split(self._snapshot, np.cumsum(sizes)[:-1], axis=1)
        for variable, values in zip(self.variables, columns, strict=True):
            store[variable.name] = values

    def load_own_variables(self, store) -> None:
        """Loads the snapshot, for `restore`; checkpoints between epochs have none."""
        names = [variable.name for variable in self.variables]
        if all(name in store.keys() for name in names):  # noqa: SIM118  a store is not a dictionary
            self._snapshot = np.concatenate([np.array(store[name]) for name in names], axis=1)
        else:
            self._snapshot = None

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {"names": self.names, "dtype": self.dtype}
