"""A model of images with an optimizer for each of E, G and D."""

import keras
import tensorflow as tf

from ivaae_tf.distribute import replicas
from ivaae_tf.divergences import Divergence
from ivaae_tf.image_model import ImageModel
from ivaae_tf.optimizers import FusedAdam


class ThreeOptimizers(ImageModel):
    """A model that is compiled with three optimizers, which its checkpoints contain.

    A subclass sets `encoder` and `divergence`, and has `generator_variables`.
    """

    encoder: keras.Model
    divergence: Divergence

    def compile(self, encoder_optimizer, decoder_optimizer, discriminator_optimizer, **kwargs):
        """Sets an optimizer for each sub-network, and Keras's options of `compile`.

        Creates the optimizers' variables, so a checkpoint can be restored before the first step.

        Raises:
            ValueError: If the model computes in float16, in which unscaled gradients underflow.
        """
        if self.dtype_policy.compute_dtype == "float16":
            raise ValueError(
                "Three optimizers cannot share the loss scaling of float16; the policy must be "
                f"float32 or mixed_bfloat16. Received: {self.dtype_policy.name}"
            )
        super().compile(optimizer=encoder_optimizer, **kwargs)
        self.decoder_optimizer = decoder_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.encoder_optimizer.build(self.encoder.trainable_variables)
        self.decoder_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.divergence.trainable_variables)

    @property
    def encoder_optimizer(self):
        """E's optimizer, which Keras stores as the model's optimizer."""
        return self.optimizer

    @property
    def steps_trained(self) -> int:
        """The number of training steps so far."""
        return int(self.encoder_optimizer.iterations.numpy())

    def get_compile_config(self):
        """Returns the serialized optimizers and the options for running steps."""
        optimizers = ("encoder_optimizer", "decoder_optimizer", "discriminator_optimizer")
        serialize = keras.saving.serialize_keras_object
        return {
            **{name: serialize(getattr(self, name)) for name in optimizers},
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config):
        """Compiles the model with `get_compile_config`'s result."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{name: deserialize(value) for name, value in config.items()})


def norm_applied(optimizer: keras.optimizers.Optimizer, gradients: list[tf.Tensor]) -> tf.Tensor:
    """Returns the norm of the gradients' sum over the replicas, after they were applied.

    Keras's optimizers do not show the sum that they applied, so it is computed a second time.
    """
    if isinstance(optimizer, FusedAdam):
        return optimizer.gradient_norm
    return tf.linalg.global_norm(replicas.sum_over_replicas(gradients))
