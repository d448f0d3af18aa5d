"""The batch normalization of the networks."""

from typing import Any

import keras

from ivaae_tf.layers import replicas


def batch_normalization(**options: Any) -> keras.layers.BatchNormalization:
    """Returns a layer with momentum 0.9, as in PyTorch and the WAE authors' code.

    With several replicas the statistics are those of the global batch.
    """
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, synchronized=replicas.num_replicas() > 1, **options
    )
