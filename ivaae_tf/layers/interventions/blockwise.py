"""Block-wise interventions, which replace the blocks of a code with noise one by one."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import priors
from ivaae_tf.layers.interventions.base import Intervention


@keras.saving.register_keras_serializable("ivaae_tf")
class BlockwiseIntervention(Intervention):
    """The paper's block-wise intervention; see `Intervention` for its other arguments.

    T_k replaces the first k of t equal blocks of z with samples of N(0, I), new for each rung. For
    another prior, they are samples of the blocks given the rest of the code. At t = 1 the block is
    the whole code: rungs (z, n), as in an ordinary adversarial auto-encoder, with any prior.

    With the fixed order, block b is in b of the t rungs that are not the prior, so the encoder's
    loss pulls the last block at least t times as hard as the first. In a random order, drawn for
    each call, every block is in the rungs equally often. Both orders are P-interventions with the
    same T_0 and T_t.

    Args:
        block_order: "fixed", as in the paper, or "random".

    Raises:
        ValueError: If `block_order` is unknown.
        ValueError: If built for codes of a dimension that t does not divide.

    Example:
        >>> rungs = BlockwiseIntervention(num_bridges=2)(tf.ones([8, 4]))
        >>> rungs[1, 0, 2:].numpy()  # The second half is not replaced on rung 1.
        array([1., 1.], dtype=float32)

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022.
    """

    def __init__(
        self, num_bridges: int, seed: int | None = None, block_order: str = "fixed", **kwargs
    ):
        super().__init__(num_bridges, seed=seed, **kwargs)
        if block_order not in ("fixed", "random"):
            raise ValueError(f"block_order must be fixed or random. Received: {block_order!r}")
        self.block_order = block_order

    def build(self, input_shape):
        """Checks that the blocks have equal sizes."""
        super().build(input_shape)
        self.prior_of(tf.TensorSpec(input_shape)).blocks(self.num_bridges)

    def bridges(self, z: tf.Tensor, prior: priors.Prior | None = None) -> tf.Tensor:
        """Returns T_1(z), …, T_t(z), shape (t, m, d)."""
        prior = prior or self.prior_of(z)
        block_of_coordinate = prior.blocks(self.num_bridges)
        position = tf.gather(self._positions(), block_of_coordinate)  # in the order, (d,)
        rungs = tf.range(1, self.num_bridges + 1)
        is_replaced = position < rungs[:, tf.newaxis]  # (t, d)
        if self.num_bridges == 1:
            return self.prior_samples(z, 1, prior)
        noise = self.noise(z, self.num_bridges)
        return prior.block_given_rest(z, is_replaced[:, np.newaxis, :], noise)

    def _positions(self) -> tf.Tensor:
        """Returns the position of each block in the order in which they are replaced, (t,)."""
        if self.block_order == "fixed":
            return tf.range(self.num_bridges)
        # All replicas draw the same numbers, so that the order is one for the global batch.
        return tf.argsort(keras.random.uniform((self.num_bridges,), seed=self.seed_generator))

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "block_order": self.block_order}
