"""IVGAN: a generative adversarial network with interventions on codes."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.divergences import AdversarialDivergence
from ivaae_tf.layers.ivgan import InterventionClassifier, SingleBlockIntervention
from ivaae_tf.layers.noise import PriorNoise, RandomLayer
from ivaae_tf.layers.posteriors import PointPosterior
from ivaae_tf.layers.weight_average import weight_average
from ivaae_tf.models.image_model import floating_point
from ivaae_tf.models.multi_optimizer import EncoderDecoderModel, norm_applied, weighted_sum


@keras.saving.register_keras_serializable("ivaae_tf")
class InterventionGAN(EncoderDecoderModel):
    """A generator G, a discriminator D, and an encoder E with interventions on its codes.

    With n ~ N(0, I), z = E(x), interventions O_k(z) that replace block k of z, and a classifier D₂
    that recognizes k from images, in the notation of the authors' code:

        D minimizes  CE of generated and real images, and γ CE(D₂(G(O_k(z))), k)
        G minimizes  −E log D(G(n)) − γ CE(D₂(G(O_k(z))), k)
                    + η (|x − G(z)|₁ + |O_k(z) − E(G(O_k(z)))|₁)
        E minimizes  ±γ CE(D₂(G(O_k(z))), k), in several steps on the same images

    CE is the cross-entropy, and |·|₁ are means over all coordinates. In the authors' code E has +,
    and so helps D₂; with −, E opposes D₂, as G does, which is our reading of the game and not in
    their code. A comment there says that E minimizes a reconstruction error, which the code
    computes but does not use.

    Batch normalization of G tracks only the statistics of G(n), for new images. E uses its running
    statistics except in its own steps. (The authors' code switches to them after the first one,
    too.)

    Args:
        encoder: E, Keras model from images to normalized codes (m, d).
        decoder: G, Keras model from codes to images in [−1, 1].
        divergence: Contains D, from images to two logits.
        classifier: D₂.
        intervention: Samples O_k(z) and k.
        noise: Samples codes from the prior.
        discriminator_weight: μ₁, weight of the loss of D and D₂, which changes Adam's steps only
            through epsilon.
        intervention_weight: γ.
        cycle_weight: η.
        encoder_steps: Steps of E for a batch, at least 1.
        encoder_sign: 1 if E minimizes the cross-entropy of k, −1 if it maximizes it.
        encoder_reconstruction: Whether E also minimizes η |x − G(z)|₁.
        ema_decay: Factor of the moving averages of E's and G's weights at each step; 0 for none.

    Example:
        >>> from ivaae_tf import build_model
        >>> sizes = {"network": "fully_connected", "image_shape": (8, 8, 1), "latent_dim": 4}
        >>> build_model("ivgan", **sizes).encode(tf.zeros([2, 8, 8, 1])).shape
        TensorShape([2, 4])

    References:
        Liang, Zhang, Zhang and Zhang (2020), IVGAN, ICLR 2021 submission:
        https://openreview.net/forum?id=KTEde38blNB
        Its code: https://github.com/zhangliangyu32/IVGAN
    """

    has_encoder = True
    codes_are_random = False
    parts = ("encoder", "decoder", "divergence", "classifier", "intervention", "noise")
    numbers = (
        *("discriminator_weight", "intervention_weight", "cycle_weight"),
        *("encoder_steps", "encoder_sign", "encoder_reconstruction", "ema_decay"),
    )

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        divergence: AdversarialDivergence,
        classifier: InterventionClassifier,
        intervention: SingleBlockIntervention,
        noise: PriorNoise,
        discriminator_weight: float = 1.0,
        intervention_weight: float = 0.5,
        cycle_weight: float = 0.25,
        encoder_steps: int = 10,
        encoder_sign: int = 1,
        encoder_reconstruction: bool = False,
        ema_decay: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.divergence = divergence
        self.classifier = classifier
        self.intervention = intervention
        self.noise = noise
        self.posterior = PointPosterior()
        self.discriminator_weight = discriminator_weight
        self.intervention_weight = intervention_weight
        self.cycle_weight = cycle_weight
        self.encoder_steps = encoder_steps
        self.encoder_sign = encoder_sign
        self.encoder_reconstruction = encoder_reconstruction
        self.ema_decay = ema_decay
        self.divergence.build((2, None, *self.image_shape))
        self.intervention.build((None, self.latent_dim))
        self.weight_average = weight_average([*encoder.weights, *decoder.weights], ema_decay)
        self.track_averages(self._log_names())
        self.built = True

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """The trainable variables of D and D₂."""
        return [*self.divergence.trainable_variables, *self.classifier.trainable_variables]

    @property
    def parameter_counts(self) -> dict[str, int]:
        """The number of parameters of each network."""
        return {**super().parameter_counts, "classifier": self.classifier.count_params()}

    @property
    def random_parts(self) -> list[RandomLayer]:
        """The parts with noise in training."""
        return [self.noise, self.intervention]

    def train_step(self, data):
        """Runs a step of D, a step of G and the steps of E on images x; returns scalars to log."""
        x, y = self.images_and_targets(data)  # y is x, unless the user gives targets
        z = self.encoder(x, training=False)
        z_k, k = self.intervention(z)  # O_k(z)
        with tf.GradientTape() as tape:
            fakes = self.decoder(self.noise(x), training=True)  # G(n)
            pair = tf.stack([fakes, tf.cast(y, fakes.dtype)])  # generated and real
            with _statistics_kept(self.decoder):
                x_k = self.decoder(z_k, training=True)  # G(O_k(z))
                x_hat = self.decoder(z, training=True)  # G(z)

            with tape.stop_recording():
                discriminator_logs = self.discriminator_step(
                    tf.stop_gradient(pair), tf.stop_gradient(x_k), k
                )

            generator_loss = self.divergence(pair)  # D is already updated
            intervention_loss = -self.classifier(x_k, k)
            image_error = _mean_difference(y, x_hat)
            code_error = _mean_difference(z_k, self.encoder(x_k, training=False))
            loss = weighted_sum(
                (1.0, generator_loss),
                (self.intervention_weight, intervention_loss),
                (self.cycle_weight, image_error),
                (self.cycle_weight, code_error),
            )
            loss = replicas.share(loss)

        theta_g = self.generator_variables
        gradients_g = tape.gradient(loss, theta_g)
        self.decoder_optimizer.apply(gradients_g, theta_g)
        for _ in range(self.encoder_steps):
            encoder_logs = self.encoder_step(x, y)
        self.weight_average.update(self.decoder_optimizer.iterations - 1)

        return self._record(
            generator_loss=generator_loss,
            image_error=image_error,
            code_error=code_error,
            intervention_cross_entropy=-intervention_loss,
            decoder_gradient_norm=norm_applied(self.decoder_optimizer, gradients_g),
            **encoder_logs,
            **discriminator_logs,
        )

    def discriminator_loss(self, pair, x_k, k):
        """Returns the loss of D and D₂, which share no weights, and diagnostics."""
        loss, logs = self.divergence.discriminator_loss(pair)
        return loss + self.intervention_weight * self.classifier(x_k, k), logs

    def encoder_step(self, x, y):
        """Updates E on images x with targets y and returns the norm of its gradient."""
        with tf.GradientTape() as tape:
            z = self.encoder(x, training=True)
            z_k, k = self.intervention(z)
            cross_entropy = self.classifier(self.decoder(z_k, training=False), k)
            x_hat = self.decoder(z, training=False)
            loss = weighted_sum(
                (self.encoder_sign * self.intervention_weight, cross_entropy),
                (self.cycle_weight * self.encoder_reconstruction, _mean_difference(y, x_hat)),
            )
            loss = replicas.share(loss)
        theta_e = self.encoder.trainable_variables
        gradients_e = tape.gradient(loss, theta_e)
        self.encoder_optimizer.apply(gradients_e, theta_e)
        return {"encoder_gradient_norm": norm_applied(self.encoder_optimizer, gradients_e)}

    def trial_values(self, x):
        """Returns codes of images x, and losses; see `MultiOptimizerModel`."""
        z = self.encode(x)
        x_hat = self.decode(z)
        fakes = tf.stack([self.sample(2, seed=0)] * 2)
        k = tf.zeros(tf.shape(x)[:1], tf.int32)
        return [z, self.encode(x_hat), self.classifier(x_hat, k), self.divergence(fakes)]

    def test_step(self, data):
        """Returns the mean absolute error over the evaluated reconstructions so far."""
        return self._record_mean(
            "image_error", self._absolute_errors, *self.images_and_targets(data)
        )

    def _absolute_errors(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Returns the mean absolute error of each reconstruction, shape (m,)."""
        return tf.reduce_mean(tf.abs(y - tf.cast(self(x), y.dtype)), axis=[1, 2, 3])

    def call(self, x, training=False):
        """Returns the reconstructions G(E(x)) of images x."""
        z = self.encoder(floating_point(x), training=training)
        return self.decoder(z, training=training)

    def encode(self, images: tf.Tensor) -> tf.Tensor:
        """Returns the codes E(x), shape (m, d)."""
        return self.encoder(floating_point(images), training=False)

    def codes(self, x: tf.Tensor) -> tf.Tensor:
        """Returns the codes E(x), shape (m, d), which have no noise."""
        return self.encode(x)

    def draw_codes(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the codes E(x), shape (m, d); the seed has no effect."""
        del seed
        return self.encode(images)

    def _log_names(self) -> tuple[str, ...]:
        return (
            *("generator_loss", "image_error", "code_error", "intervention_cross_entropy"),
            *("encoder_gradient_norm", "decoder_gradient_norm"),
            *self.divergence.diagnostic_names(1),
            "discriminator_gradient_norm",
        )


@contextlib.contextmanager
def _statistics_kept(network: keras.Model) -> Iterator[None]:
    """Restores the running statistics of a network after the block."""
    before = [
        (variable, tf.identity(variable.value)) for variable in network.non_trainable_variables
    ]
    yield
    for variable, value in before:
        variable.assign(value)


def _mean_difference(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(tf.cast(a, tf.float32) - tf.cast(b, tf.float32)))
