"""The Intervention Adversarial Auto-Encoder: Algorithm 1 as a Keras model."""

import keras
import tensorflow as tf

from ivaae_tf.distribute import replicas
from ivaae_tf.divergences import Divergence
from ivaae_tf.executions import EvaluationExecutions, TrainingExecutions
from ivaae_tf.interpolation import spherical_interpolation
from ivaae_tf.interventions import Intervention

# Factor on the sum of squared errors, from the code of the WAE authors.
_SQUARED_ERROR_SCALE = 0.05


@keras.saving.register_keras_serializable("ivaae_tf")
class InterventionAutoencoder(keras.Model):
    """An auto-encoder that moves its codes to N(0, I) along bridge distributions.

    A call reconstructs images (m, height, width, channels) in [−1, 1]; codes have shape (m, d).

    Args:
        encoder: E, Keras model from images to codes.
        decoder: G, Keras model from codes to images.
        intervention: T, codes (m, d) to rungs (t+1, m, d).
        divergence: Latent loss on the rungs; contains the discriminator if there is one.
        reconstruction_weight: λ.
        discriminator_weight: μ₁.
        latent_weight: μ₂.

    Raises:
        ValueError: If the input shape of G is not the output shape of E.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        intervention: Intervention,
        divergence: Divergence,
        reconstruction_weight: float = 1.0,
        discriminator_weight: float = 1.0,
        latent_weight: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if encoder.output_shape != decoder.input_shape:
            raise ValueError(
                "The input shape of the decoder must be the output shape of the encoder. "
                f"Received: encoder {encoder.output_shape}, decoder {decoder.input_shape}"
            )
        self.encoder = encoder
        self.decoder = decoder
        self.intervention = intervention
        self.divergence = divergence
        self.reconstruction_weight = reconstruction_weight
        self.discriminator_weight = discriminator_weight
        self.latent_weight = latent_weight
        self.latent_dim = encoder.output_shape[-1]
        self.image_shape = tuple(decoder.output_shape[1:])
        # Checkpoints and the run's record need every variable before the first batch.
        self.intervention.build((None, self.latent_dim))
        self.divergence.build((self.intervention.num_bridges + 1, None, self.latent_dim))
        self._averages = {name: keras.metrics.Mean(name=name) for name in self._log_names()}
        self.built = True

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
        self.decoder_optimizer.build(self.decoder.trainable_variables)
        self.discriminator_optimizer.build(self.divergence.trainable_variables)

    @property
    def encoder_optimizer(self):
        """E's optimizer, which Keras stores as the model's optimizer."""
        return self.optimizer

    @property
    def steps_trained(self) -> int:
        """The number of training steps so far."""
        return int(self.encoder_optimizer.iterations.numpy())

    @property
    def state_variables(self):
        """The variables in a checkpoint: weights, random state and optimizers'."""
        optimizers = (self.encoder_optimizer, self.decoder_optimizer, self.discriminator_optimizer)
        return [
            *self.weights,
            self.intervention.seed_generator.state,
            *(variable for optimizer in optimizers for variable in optimizer.variables),
        ]

    def fit(self, *args, steps_per_epoch: int | None = None, **kwargs):
        """Trains like `keras.Model.fit`, exactly `steps_per_epoch` steps an epoch."""
        if steps_per_epoch is None or self.steps_per_execution == 1:
            return super().fit(*args, steps_per_epoch=steps_per_epoch, **kwargs)
        self.train_function: TrainingExecutions | None = TrainingExecutions(self, steps_per_epoch)
        self.test_function: EvaluationExecutions | None = EvaluationExecutions(self)
        try:
            return super().fit(*args, steps_per_epoch=steps_per_epoch, **kwargs)
        finally:
            self.train_function = self.test_function = None  # Keras then makes its own.

    def train_step(self, x):
        """Runs one step of Algorithm 1 on images x and returns scalars to log."""
        with tf.GradientTape() as tape:
            z = self.encoder(x, training=True)
            x_hat = self.decoder(z, training=True)
            z_k = self.intervention(z)  # T_0(z), …, T_t(z)

            with tape.stop_recording():
                discriminator_logs = self.discriminator_step(tf.stop_gradient(z_k))

            reconstruction_loss = tf.reduce_mean(self.reconstruction_cost(x, x_hat))
            latent_loss = self.divergence(z_k)  # D is already updated
            loss = (
                self.reconstruction_weight * reconstruction_loss + self.latent_weight * latent_loss
            )
            loss /= replicas.num_replicas()  # because optimizers sum over the replicas

        # The latent loss does not depend on G: G's gradient is that of λ·reconstruction alone.
        theta_e, theta_g = self.encoder.trainable_variables, self.decoder.trainable_variables
        gradients = tape.gradient(loss, theta_e + theta_g)
        gradients_e, gradients_g = gradients[: len(theta_e)], gradients[len(theta_e) :]
        self.decoder_optimizer.apply(gradients_g, theta_g)
        self.encoder_optimizer.apply(gradients_e, theta_e)

        return self._record(
            reconstruction_loss=reconstruction_loss,
            latent_loss=latent_loss,
            encoder_gradient_norm=_global_norm(gradients_e),
            decoder_gradient_norm=_global_norm(gradients_g),
            **discriminator_logs,
            **self.intervention.diagnostics(z_k),
        )

    def discriminator_step(self, z_k):
        """Updates D by the gradient of μ₁ × the cross-entropy of a code's rung k.

        Args:
            z_k: Rungs, shape (t+1, m, d), constant.

        Returns:
            Scalars to log; none if the divergence has no trainable variables.
        """
        theta_d = self.divergence.trainable_variables
        if not theta_d:  # a divergence in closed form
            return {}
        with tf.GradientTape() as tape:
            loss, logs = self.divergence.discriminator_loss(z_k)
            loss = self.discriminator_weight * loss / replicas.num_replicas()
        gradients_d = tape.gradient(loss, theta_d)
        self.discriminator_optimizer.apply(gradients_d, theta_d)
        return {**logs, "discriminator_gradient_norm": _global_norm(gradients_d)}

    def test_step(self, x):
        """Returns the mean reconstruction loss of the evaluation's images so far."""
        # A replica may get no image of the last batch, and oneDNN's kernels refuse empty input.
        costs = tf.cond(
            tf.size(x) > 0,
            lambda: self.reconstruction_cost(x, self(x, training=False)),
            lambda: tf.zeros([0]),
        )
        average = self._averages["reconstruction_loss"]
        average.update_state(costs)
        # Keras logs the result of the last batch, so the result is the mean over all so far.
        total, count = replicas.sum_over_replicas([average.total.value, average.count.value])
        return {"reconstruction_loss": replicas.as_log_scalar(total / count)}

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing, because the constructor has built the model.

        Keras would first average a batch over the replicas, which fails if their shares differ.
        """

    def reconstruction_cost(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns 0.05 × the sum of squared errors of each image, shape (m,)."""
        squared_errors = tf.math.squared_difference(tf.cast(x, tf.float32), x_hat)
        return _SQUARED_ERROR_SCALE * tf.reduce_sum(squared_errors, axis=[1, 2, 3])

    def call(self, x, training=False):
        """Returns the reconstructions G(E(x)) of images x."""
        return self.decoder(self.encoder(x, training=training), training=training)

    def encode(self, images: tf.Tensor) -> tf.Tensor:
        """Returns the codes E(x), shape (m, d)."""
        return self.encoder(images, training=False)

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the images G(z) of codes (m, d)."""
        return self.decoder(z, training=False)

    def sample(self, num_images: int, seed: int) -> tf.Tensor:
        """Returns images G(n), n ~ N(0, I), a function of weights and seed."""
        z = tf.random.stateless_normal((num_images, self.latent_dim), [seed, 0])
        return self.decode(z)

    def interpolate(self, z_start: tf.Tensor, z_end: tf.Tensor, num_images: int) -> tf.Tensor:
        """Returns images along the great arcs from z_start to z_end, both (m, d).

        Codes of the prior are near a sphere, and a straight line would leave it.

        Returns:
            Shape (m, num_images, height, width, channels), both ends included.

        Raises:
            ValueError: If `num_images` is below 2.
        """
        if num_images < 2:
            raise ValueError(f"num_images must be at least 2. Received: {num_images}")
        z = spherical_interpolation(z_start, z_end, tf.linspace(0.0, 1.0, num_images))
        images = self.decode(tf.reshape(z, [-1, self.latent_dim]))
        return tf.reshape(images, [-1, num_images, *self.image_shape])

    @property
    def metrics(self):
        """The averages over an epoch of the scalars from `train_step`."""
        return list(self._averages.values())

    def _log_names(self) -> tuple[str, ...]:
        names = ["reconstruction_loss", "latent_loss"]
        names += self.divergence.diagnostic_names(self.intervention.num_bridges)
        names += ["encoder_gradient_norm", "decoder_gradient_norm"]
        if self.divergence.trainable_variables:
            names.append("discriminator_gradient_norm")
        return (*names, *self.intervention.diagnostic_names())

    def _record(self, **values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Adds the step's values to the epoch's averages and returns them as logs."""
        for name, value in values.items():
            self._averages[name].update_state(value)
        return {name: replicas.as_log_scalar(value) for name, value in values.items()}

    def get_config(self):
        """Returns the arguments of the constructor."""
        parts = ("encoder", "decoder", "intervention", "divergence")
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            **{part: serialize(getattr(self, part)) for part in parts},
            "reconstruction_weight": self.reconstruction_weight,
            "discriminator_weight": self.discriminator_weight,
            "latent_weight": self.latent_weight,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model from `get_config`'s result."""
        parts = ("encoder", "decoder", "intervention", "divergence")
        made = {part: keras.saving.deserialize_keras_object(config.pop(part)) for part in parts}
        return cls(**made, **config)

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


def _global_norm(gradients: list[tf.Tensor]) -> tf.Tensor:
    """Returns the norm of the gradients' sum over the replicas."""
    return tf.linalg.global_norm(replicas.sum_over_replicas(gradients))
