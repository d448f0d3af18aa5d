"""Block-wise interventions: the code's blocks are replaced by noise one after another."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.interventions.base import Intervention


@keras.saving.register_keras_serializable("ivaae_tf")
class BlockwiseIntervention(Intervention):
    """T_k replaces the first k of t equal blocks of z by N(0, I), the paper's block-wise one.

    At t = 1 the one block is the whole code: rungs (z, n), the game of an ordinary adversarial
    auto-encoder. Each rung has noise of its own. See `Intervention` for the arguments.

    Raises:
        ValueError: When built for codes whose dimension t does not divide.
    """

    def build(self, input_shape):
        """Checks that the blocks are equal."""
        dimension = input_shape[-1]
        if dimension % self.num_bridges:
            raise ValueError(
                f"num_bridges must divide the latent dimension into equal blocks. "
                f"Received: num_bridges={self.num_bridges}, latent dimension {dimension}"
            )
        super().build(input_shape)

    def bridges(self, z: tf.Tensor) -> tf.Tensor:
        """Returns T_1(z), …, T_t(z), shape (t, m, d)."""
        block_of_coordinate = np.repeat(np.arange(self.num_bridges), z.shape[1] // self.num_bridges)
        rungs = np.arange(1, self.num_bridges + 1)
        is_replaced = block_of_coordinate < rungs[:, np.newaxis]  # (t, d)
        noise = self.prior_samples(z, self.num_bridges)
        return tf.where(is_replaced[:, np.newaxis, :], noise, z)
