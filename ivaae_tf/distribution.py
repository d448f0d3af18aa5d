"""Which devices a run trains on."""

import tensorflow as tf

from pipelines.command_line import UserError

CHOICES = ("auto", "none", "mirrored")


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Returns the strategy called `name`.

    Args:
        name: "none" for one device; "mirrored" for all accelerators of this machine (or all
            logical CPU devices, where there is no accelerator); "auto" for "mirrored" where there
            are several accelerators, else "none".
    """
    accelerators = tf.config.list_logical_devices("GPU")
    if name == "auto":
        name = "mirrored" if len(accelerators) > 1 else "none"
    if name == "none":
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy(accelerators or tf.config.list_logical_devices("CPU"))


def check_batch_size(batch_size: int, strategy: tf.distribute.Strategy) -> None:
    """Checks that the replicas can share a global batch equally.

    Raises:
        UserError: If they cannot.
    """
    if batch_size % strategy.num_replicas_in_sync:
        raise UserError(
            f"--batch_size must be a multiple of the {strategy.num_replicas_in_sync} replicas; "
            f"found {batch_size}"
        )
