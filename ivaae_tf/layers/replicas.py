"""Collective operations, with which N replicas compute the same result as one.

Under a `tf.distribute` strategy replica r has the rows `r·m … (r+1)·m − 1` of the global batch.
Without a strategy, or with one replica, the functions return their input.
"""

import tensorflow as tf


def num_replicas() -> int:
    """Returns the number of replicas in sync, at least 1."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def share(loss: tf.Tensor) -> tf.Tensor:
    """Returns the share of a replica in a mean loss, because optimizers sum over the replicas."""
    return loss / num_replicas() if num_replicas() > 1 else loss


def gather(rows: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Returns all replicas' rows along `axis`, in replica order; differentiable."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return rows
    # The result loses its static shape, in which only the number of rows may be unknown.
    shape = rows.shape.as_list()
    shape[axis] = None
    return tf.ensure_shape(context.all_gather(rows, axis=axis), shape)


def local_rows(global_rows: tf.Tensor, num_rows: tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Returns this replica's rows of a tensor that is the same on all replicas."""
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
    # all_reduce needs a device: the value of a variable has none, a copy is on the replica's.
    copies = [tf.identity(tensor) for tensor in tensors]
    return context.all_reduce(tf.distribute.ReduceOp.SUM, copies)


def as_log_scalar(value: tf.Tensor) -> tf.Tensor:
    """Returns the scalar of a replica in the shape that Keras averages over replicas.

    With several workers Keras averages over an axis, and a scalar has none (keras#20585).
    """
    several_workers = isinstance(
        tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy
    )
    return tf.reshape(value, [1]) if several_workers else value
