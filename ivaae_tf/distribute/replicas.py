"""Collective operations with which N replicas compute the same result as one.

Under a `tf.distribute` strategy each replica sees its own rows of the global batch: the rows
`r·m … (r+1)·m − 1` for replica r. Outside a strategy, and with one replica, every function here
returns what it was given.
"""

import tensorflow as tf


def num_replicas() -> int:
    """Returns the number of replicas in sync, at least 1."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def gather(rows: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Returns the rows of all replicas, in replica order, along `axis`; differentiable."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return rows
    # The result forgets its shape, of which only the number of rows may be unknown.
    shape = rows.shape.as_list()
    shape[axis] = None
    return tf.ensure_shape(context.all_gather(rows, axis=axis), shape)


def local_rows(global_rows: tf.Tensor, num_rows: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Returns this replica's `num_rows` rows of a tensor that is the same on all replicas."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return global_rows
    first = tf.cast(context.replica_id_in_sync_group, tf.int32) * num_rows
    return tf.gather(global_rows, tf.range(first, first + num_rows), axis=axis)


def sum_over_replicas(tensors: list[tf.Tensor]) -> list[tf.Tensor]:
    """Returns each tensor's sum over the replicas."""
    context = tf.distribute.get_replica_context()
    if not tensors or context is None or context.num_replicas_in_sync == 1:
        return tensors
    # What is read from a variable has no device, which all_reduce needs; a copy has the replica's.
    copies = [tf.identity(tensor) for tensor in tensors]
    return context.all_reduce(tf.distribute.ReduceOp.SUM, copies)


def as_log_scalar(value: tf.Tensor) -> tf.Tensor:
    """Returns a replica's scalar in the shape in which Keras averages it over the replicas.

    With several workers Keras takes that mean over an axis, and a scalar has none (keras#20585).
    """
    several_workers = isinstance(
        tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy
    )
    return tf.reshape(value, [1]) if several_workers else value
