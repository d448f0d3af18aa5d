"""Block-wise interventions, which replace the blocks of a code with noise one by one."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.interventions.base import Intervention


@keras.saving.register_keras_serializable("ivaae_tf")
class BlockwiseIntervention(Intervention):
    """The paper's block-wise intervention; see `Intervention` for the arguments.

    T_k replaces the first k of t equal blocks of z with samples of N(0, I), new for each rung. At
    t = 1 the block is the whole code: rungs (z, n), as in an ordinary adversarial auto-encoder.

    Raises:
        ValueError: If built for codes of a dimension that t does not divide.

    Example:
        >>> rungs = BlockwiseIntervention(num_bridges=2)(tf.ones([8, 4]))
        >>> rungs[1, 0, 2:].numpy()  # The second half is not replaced on rung 1.
        array([1., 1.], dtype=float32)

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022.
    """

    def build(self, input_shape):
        """Checks that the blocks have equal sizes."""
        dimension = input_shape[-1]
        if dimension % self.num_bridges:
            raise ValueError(
                "num_bridges must divide the latent dimension into equal blocks. "
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
