"""Layers of IVGAN: interventions on one block of a code, and the classifier of the blocks."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.noise import RandomLayer


@keras.saving.register_keras_serializable("ivaae_tf")
class SingleBlockIntervention(RandomLayer):
    """The interventions O_1, …, O_t of IVGAN: O_k replaces only block k.

    These are not an intervention chain: no O_k is the identity, and none yields the prior. Equal
    distributions of all O_k(z) do not imply that z follows the prior: for z = (g, g) with
    g ~ N(0, I), both O_1(z) and O_2(z) are N(0, I). The chains of `Intervention` are complete,
    because they begin with z itself.

    Args:
        num_blocks: t, at least 1; it divides the dimension of the codes.
        seed: Integer seed of the noise; None for a random seed.

    Call arguments:
        z: Codes, float32, shape (m, d).

    Returns:
        The codes O_k(z), shape (m, d), and k, int32 from 0, shape (m,), sampled for each code.

    Raises:
        ValueError: If the blocks are not of equal size.

    Example:
        >>> z_k, k = SingleBlockIntervention(num_blocks=2, seed=0)(tf.ones([8, 4]))
        >>> z_k.shape, k.shape
        (TensorShape([8, 4]), TensorShape([8]))

    References:
        Liang, Zhang, Zhang and Zhang (2020), IVGAN, ICLR 2021 submission:
        https://openreview.net/forum?id=KTEde38blNB
    """

    def __init__(self, num_blocks: int, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if num_blocks < 1:
            raise ValueError(f"num_blocks must be at least 1. Received: {num_blocks}")
        self.num_blocks = num_blocks

    def build(self, input_shape):
        """Checks that the blocks have equal sizes."""
        if input_shape[-1] % self.num_blocks:
            raise ValueError(
                "num_blocks must divide the latent dimension into equal blocks. "
                f"Received: num_blocks={self.num_blocks}, latent dimension {input_shape[-1]}"
            )
        super().build(input_shape)

    def call(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns O_k(z), shape (m, d), and the k of each code, shape (m,)."""
        # For the global batch, like the noise, so that N replicas choose what one would.
        num_codes = keras.ops.shape(z)[0]
        chosen = keras.random.randint(
            (num_codes * replicas.num_replicas(),), 0, self.num_blocks, seed=self.seed_generator
        )
        k = replicas.local_rows(chosen, num_codes)
        block_of_coordinate = np.repeat(np.arange(self.num_blocks), z.shape[1] // self.num_blocks)
        is_replaced = block_of_coordinate == k[:, tf.newaxis]
        return tf.where(is_replaced, self.normal(z)[0], z), k

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "num_blocks": self.num_blocks}


@keras.saving.register_keras_serializable("ivaae_tf")
class InterventionClassifier(keras.layers.Layer):
    """D₂, which recognizes from G(O_k(z)) which block k of the code was replaced.

    In the code of IVGAN's authors it is a second head on the trunk of the other discriminator; here
    the two share no weights.

    Args:
        network: Keras model from images (m, h, w, c) to logits (m, t).

    Example:
        >>> flat = keras.layers.Flatten()
        >>> network = keras.Sequential([keras.Input((8, 8, 1)), flat, keras.layers.Dense(2)])
        >>> InterventionClassifier(network)(tf.ones([3, 8, 8, 1]), tf.constant([0, 1, 1])).shape
        TensorShape([])

    References:
        Liang, Zhang, Zhang and Zhang (2020), IVGAN, ICLR 2021 submission:
        https://openreview.net/forum?id=KTEde38blNB
    """

    def __init__(self, network: keras.Model, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.network = network
        self.built = True  # as the network is

    def call(self, images: tf.Tensor, k: tf.Tensor) -> tf.Tensor:
        """Returns the mean cross-entropy of k, shape (m,), a scalar."""
        logits = self.network(images, training=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(k, logits))

    def compute_output_shape(self, images_shape, k_shape=None):
        """Returns a scalar's shape."""
        return ()

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
        }

    @classmethod
    def from_config(cls, config):
        """Makes the classifier from `get_config`'s result."""
        network = keras.saving.deserialize_keras_object(config.pop("network"))
        return cls(network=network, **config)
