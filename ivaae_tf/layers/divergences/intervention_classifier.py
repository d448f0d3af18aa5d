"""The classifier of interventions by images, IVGAN's second discriminator."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ivaae_tf")
class InterventionClassifier(keras.layers.Layer):
    """D₂, which tells by G(O_k(z)) which block k of the code was replaced.

    In the code of IVGAN's authors it is a second head on the trunk of the other discriminator; here
    the two have no weight in common.

    Args:
        network: Keras model from images (m, h, w, c) to logits (m, t).
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
