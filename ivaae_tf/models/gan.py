"""Generative adversarial network as a Keras model."""

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.divergences import AdversarialDivergence
from ivaae_tf.layers.noise import PriorNoise, RandomLayer
from ivaae_tf.layers.weight_average import weight_average
from ivaae_tf.models.multi_optimizer import MultiOptimizerModel, norm_applied


@keras.saving.register_keras_serializable("ivaae_tf")
class GenerativeAdversarialNetwork(MultiOptimizerModel):
    """A generator G of images, and a discriminator D of generated and real images.

    The game has two rungs, 0 for generated and 1 for real images: D minimizes the cross-entropy of
    the rung of an image, which is half the sum of the two binary cross-entropies, and G minimizes
    −E log D(G(n)), the non-saturating loss, unless the divergence has another objective.

    Args:
        decoder: G, Keras model from codes (m, d) to images in [−1, 1].
        divergence: Contains D, from images to two logits.
        noise: Samples codes from the prior N(0, I).
        discriminator_weight: μ₁, weight of the loss of D.
        ema_decay: Factor of the moving averages of G's weights at each step; 0 for none.

    Example:
        >>> from ivaae_tf import build_model
        >>> sizes = {"network": "fully_connected", "image_shape": (8, 8, 1), "latent_dim": 4}
        >>> build_model("gan", **sizes).sample(2, seed=0).shape
        TensorShape([2, 8, 8, 1])

    References:
        Goodfellow et al. (2014), Generative Adversarial Networks, Algorithm 1 and section 3:
        https://arxiv.org/abs/1406.2661
    """

    parts = ("decoder", "divergence", "noise")
    numbers = ("discriminator_weight", "ema_decay")

    def __init__(
        self,
        decoder: keras.Model,
        divergence: AdversarialDivergence,
        noise: PriorNoise,
        discriminator_weight: float = 1.0,
        ema_decay: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.decoder = decoder
        self.divergence = divergence
        self.noise = noise
        self.discriminator_weight = discriminator_weight
        self.ema_decay = ema_decay
        self.divergence.build((2, None, *self.image_shape))
        self.weight_average = weight_average(decoder.weights, ema_decay)
        self.track_averages(self._log_names())
        self.built = True

    def compile(self, decoder_optimizer=None, discriminator_optimizer=None, **kwargs):
        """Sets the optimizers of G and D, `FusedAdam` by default, and Keras's options of `compile`.

        Raises:
            ValueError: If an optimizer is given twice, or an option has no use here.
        """
        given = {
            "decoder_optimizer": decoder_optimizer,
            "discriminator_optimizer": discriminator_optimizer,
        }
        self.decoder_optimizer, self.discriminator_optimizer = self._compile(given, **kwargs)
        self.decoder_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.discriminator_variables)

    @property
    def random_parts(self) -> list[RandomLayer]:
        """The parts with noise in training."""
        return [self.noise]

    def train_step(self, data):
        """Runs Algorithm 1 of the paper with one step of D, and returns scalars to log."""
        _, x = self.images_and_targets(data)
        with tf.GradientTape() as tape:
            fakes = self.decoder(self.noise(x), training=True)  # G(n)
            pair = tf.stack([fakes, tf.cast(x, fakes.dtype)])  # generated and real

            with tape.stop_recording():
                discriminator_logs = self.discriminator_step(tf.stop_gradient(pair))

            generator_loss = self.divergence(pair)  # D is already updated
            loss = replicas.share(generator_loss)

        theta_g = self.generator_variables
        gradients_g = tape.gradient(loss, theta_g)
        self.decoder_optimizer.apply(gradients_g, theta_g)
        self.weight_average.update(self.decoder_optimizer.iterations - 1)

        return self._record(
            generator_loss=generator_loss,
            decoder_gradient_norm=norm_applied(self.decoder_optimizer, gradients_g),
            **discriminator_logs,
        )

    def trial_values(self, x):
        """Returns the loss of generated images; see `MultiOptimizerModel`."""
        fakes = self.sample(2, seed=0)
        return [self.divergence(tf.stack([fakes, fakes]))]

    def test_step(self, data):
        """Returns the share of the evaluated images so far that D classifies as real.

        If it is far below the share of the training images, D has memorized the training images.
        """
        _, x = self.images_and_targets(data)
        return self._record_mean("discriminator_accuracy_rung_1", self._are_classified_as_real, x)

    def _are_classified_as_real(self, x: tf.Tensor) -> tf.Tensor:
        """Returns 1 for each image that D classifies as real, 0 for others, shape (m,)."""
        logs = self.divergence.log_probabilities(tf.cast(x, tf.float32)[tf.newaxis])[0]
        return tf.cast(logs[:, 1] > logs[:, 0], tf.float32)

    def _log_names(self) -> tuple[str, ...]:
        return (
            "generator_loss",
            "decoder_gradient_norm",
            *self.divergence.diagnostic_names(1),
            "discriminator_gradient_norm",
        )
