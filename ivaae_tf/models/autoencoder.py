"""Intervention Adversarial Auto-Encoder: Algorithm 1 as a Keras model."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.categories import LabelCrossEntropy, Unsupervised
from ivaae_tf.layers.decoder_regularizers import DecoderRegularizer
from ivaae_tf.layers.divergences import Divergence
from ivaae_tf.layers.interventions import Intervention
from ivaae_tf.layers.labels import NoLabels
from ivaae_tf.layers.likelihoods import Likelihood, SquaredError
from ivaae_tf.layers.noise import RandomLayer
from ivaae_tf.layers.posteriors import PointPosterior, Posterior
from ivaae_tf.layers.priors import Prior
from ivaae_tf.layers.weight_average import weight_average
from ivaae_tf.models.image_model import check_shapes, floating_point
from ivaae_tf.models.multi_optimizer import EncoderDecoderModel, norm_applied, weighted_sum
from ivaae_tf.models.sample_weights import EqualWeights
from ivaae_tf.settings import WEIGHTS


@keras.saving.register_keras_serializable("ivaae_tf")
class InterventionAutoencoder(EncoderDecoderModel):
    """An auto-encoder that pushes its codes towards a prior along bridge distributions.

    A call reconstructs images (m, height, width, channels) in [−1, 1]; codes have shape (m, d).
    Training minimizes λ R(x, G(z)) + κ K(q(z|x)) + μ₂ D(q(z), p) + ρ Ω(G) with z ~ q(z|x). With
    σ > 0, E also minimizes σ times the cross-entropy of the categories of labeled images; batches
    are then dictionaries with `images`, `labeled_images` and `labels`.

    Args:
        encoder: E, Keras model from images to the parameters of q(z|x).
        decoder: G, Keras model from codes to images.
        intervention: T, codes (m, d) to rungs (t+1, m, d); it has the prior.
        divergence: D, latent loss on the rungs; it contains the discriminator, if any.
        posterior: q(z|x) and its penalty K; None for codes without noise.
        likelihood: R; None for 0.05 × the sum of squared errors.
        decoder_regularizer: Ω; None for none.
        input_noise: Layer that adds noise to the images of E in training; None for none.
        labels: Labels y of images: `Labels` of a conditional model, whose G and D get
            [z, one-hot y], or `ComponentLabels` with a component of the prior each; None for none.
        reconstruction_weight: λ.
        discriminator_weight: μ₁, weight of the discriminator's own loss.
        latent_weight: μ₂.
        posterior_weight: κ.
        regularizer_weight: ρ.
        label_weight: σ; above 0, the prior must have categories.
        ema_decay: Factor of the moving averages of E's and G's weights at each step; 0 for none.

    Raises:
        ValueError: If the output of E does not parametrize codes of the dimension of G's input.

    Example:
        >>> from ivaae_tf.layers import AdversarialDivergence, RadialIntervention
        >>> from ivaae_tf.models.networks import fully_connected as networks
        >>> discriminator = networks.discriminator(latent_dim=4, num_outputs=3, width=0.1)
        >>> model = InterventionAutoencoder(
        ...     encoder=networks.encoder((8, 8, 1), latent_dim=4, width=0.1),
        ...     decoder=networks.decoder((8, 8, 1), latent_dim=4, width=0.1),
        ...     intervention=RadialIntervention(num_bridges=2),
        ...     divergence=AdversarialDivergence(discriminator),
        ... )
        >>> model.compile("adam", "adam", "adam")  # of E, G and D
        >>> history = model.fit(tf.zeros([16, 8, 8, 1]), verbose=0)
        >>> model.sample(2, seed=0).shape
        TensorShape([2, 8, 8, 1])

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022, Algorithm 1.
    """

    has_encoder = True
    has_chain = True
    parts = (
        *("encoder", "decoder", "intervention", "divergence"),
        *("posterior", "likelihood", "decoder_regularizer", "labels", "input_noise"),
    )
    numbers = (*WEIGHTS, "label_weight", "ema_decay")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        intervention: Intervention,
        divergence: Divergence,
        posterior: Posterior | None = None,
        likelihood: Likelihood | None = None,
        decoder_regularizer: DecoderRegularizer | None = None,
        labels: NoLabels | None = None,
        input_noise: keras.layers.Layer | None = None,
        reconstruction_weight: float = 1.0,
        discriminator_weight: float = 1.0,
        latent_weight: float = 1.0,
        posterior_weight: float = 0.0,
        regularizer_weight: float = 0.0,
        label_weight: float = 0.0,
        ema_decay: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_shapes(encoder=encoder, decoder=decoder)
        self.posterior = posterior or PointPosterior()
        self.likelihood = likelihood or SquaredError()
        self.decoder_regularizer = decoder_regularizer or DecoderRegularizer()
        self.labels = labels or NoLabels()
        self.input_noise = input_noise or keras.layers.Identity(name="no_noise", dtype="float32")
        self.encoder = encoder
        self.decoder = decoder
        if encoder.output_shape[-1] != self.posterior.num_parameters(self.latent_dim):
            raise ValueError(
                "The encoder must return the parameters of codes of the decoder's dimension, in "
                "one tensor. "
                f"Received: encoder {encoder.output_shape}, decoder {decoder.input_shape}"
            )
        self.decoder_regularizer.prepare(decoder)
        self.intervention = intervention
        self.divergence = divergence
        self.reconstruction_weight = reconstruction_weight
        self.discriminator_weight = discriminator_weight
        self.latent_weight = latent_weight
        self.posterior_weight = posterior_weight
        self.regularizer_weight = regularizer_weight
        self.label_weight = label_weight
        num_categories = self.prior.num_categories
        self.classification = LabelCrossEntropy(num_categories) if label_weight else Unsupervised()
        # Checkpoints and the record of the run need every variable before the first batch.
        self.intervention.build((None, self.latent_dim))
        self.divergence.build((self.intervention.num_bridges + 1, None, self.latent_dim))
        self.posterior.build(encoder.output_shape)
        if not self.likelihood.built:  # Keras has built it if the model is from a file.
            self.likelihood.build(decoder.output_shape, decoder.output_shape)
        self.ema_decay = ema_decay
        self.weight_average = weight_average(
            [*encoder.weights, *decoder.weights, *self.likelihood.weights], ema_decay
        )
        self.track_averages(self._log_names())
        self.built = True

    @property
    def num_rungs(self) -> int:
        """The number of distributions that D distinguishes, t+1."""
        return self.intervention.num_bridges + 1

    @property
    def prior(self) -> Prior:
        """The prior of the codes."""
        return self.intervention.prior or super().prior

    @property
    def codes_are_random(self) -> bool:
        """Whether the codes of an image differ from their mean."""
        return self.posterior.is_random

    @property
    def generator_variables(self):
        """The trainable variables of G and of the likelihood."""
        return [*self.decoder.trainable_variables, *self.likelihood.trainable_variables]

    @property
    def random_parts(self) -> list[RandomLayer]:
        """The parts with noise in training."""
        parts = (self.input_noise, self.intervention, self.posterior, self.decoder_regularizer)
        return [part for part in parts if isinstance(part, RandomLayer)]

    def train_step(self, data):
        """Runs one step of Algorithm 1 on images x and returns scalars to log."""
        data, labeled = self.classification.split(data)
        # y is x, unless the user gives targets
        x, y, weights, label = self.labeled_batch(data)
        with tf.GradientTape() as tape:
            q = self.encoder(self.input_noise(x), training=True)  # the parameters of q(z|x)
            z = self.posterior(q)
            given = label.append(z)
            x_hat, decoder_penalty = self.decoder_regularizer.decode(self.decoder, given)  # G, Ω(G)
            z_k = label.rungs(self.intervention, weights.of_codes(z))  # T_0(z), …, T_t(z)
            rungs = label.append_to_rungs(z_k)

            with tape.stop_recording():
                discriminator_logs = self.discriminator_step(tf.stop_gradient(rungs))

            costs = weights.costs(self.likelihood, y, x_hat)
            penalties = weights.of_images(self.posterior.penalty(q, z))
            losses = {
                "reconstruction_loss": tf.reduce_mean(costs),
                "posterior_loss": tf.reduce_mean(penalties),
                "latent_loss": self.divergence(rungs),  # D is already updated
                "decoder_penalty": decoder_penalty,
                "label_loss": self.classification.loss(self.encoder, self.input_noise, labeled),
            }
            loss = replicas.share(self._loss(losses))

        theta_e, theta_g = self.encoder.trainable_variables, self.generator_variables
        gradients = tape.gradient(loss, theta_e + theta_g)
        gradients_e, gradients_g = gradients[: len(theta_e)], gradients[len(theta_e) :]
        self.decoder_optimizer.apply(gradients_g, theta_g)
        self.encoder_optimizer.apply(gradients_e, theta_e)
        self.weight_average.update(self.encoder_optimizer.iterations - 1)

        return self._record(
            **losses,
            encoder_gradient_norm=norm_applied(self.encoder_optimizer, gradients_e),
            decoder_gradient_norm=norm_applied(self.decoder_optimizer, gradients_g),
            **discriminator_logs,
            **self.intervention.diagnostics(z_k),
        ) | {"loss": replicas.as_log_scalar(self._loss(losses))}

    def _loss(self, losses: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Returns the sum of weight · loss, which E descends; missing losses are 0."""
        weights = {
            "reconstruction_loss": self.reconstruction_weight,
            "posterior_loss": self.posterior_weight,
            "latent_loss": self.latent_weight,
            "decoder_penalty": self.regularizer_weight,
            "label_loss": self.label_weight,
        }
        return weighted_sum(
            *((weight, losses[name]) for name, weight in weights.items() if name in losses)
        )

    def get_metrics_result(self):
        """Returns the averages over an epoch of the logs; `loss` is the sum of the averages."""
        means = super().get_metrics_result()
        return {**means, "loss": self._loss(means)}

    def labeled_batch(self, data: Any) -> tuple[tf.Tensor, tf.Tensor, EqualWeights, NoLabels]:
        """Returns images, targets and weights, as `weighted_batch`, and the labels of a batch."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        y, label = self.labels.of_targets(y)
        return *self.weighted_batch((x, y, weights)), label

    def test_step(self, data):
        """Returns the mean reconstruction loss R over the images so far, and `loss`, λ R."""
        logs = self._record_mean("reconstruction_loss", self._costs, *self.labeled_batch(data))
        return {**logs, "loss": self._loss(logs)}

    def _costs(
        self, x: tf.Tensor, y: tf.Tensor, weights: EqualWeights, label: NoLabels
    ) -> tf.Tensor:
        """Returns the loss of each reconstruction against its target, shape (m,)."""
        return weights.costs(self.likelihood, y, self._reconstruct(x, label))

    def trial_values(self, x):
        """Returns codes of images x, and their losses; see `MultiOptimizerModel`."""
        x, label = self.labels.of_inputs(x)
        q = self.encoder(x, training=False)
        z = self.posterior.draw(q, [0, 0])
        x_hat = self.decoder(label.append(z), training=False)
        values = [z, self.likelihood(x, x_hat), self.posterior.penalty(q, z)]
        if self.discriminator_variables:
            rungs = label.append_to_rungs(tf.stack([z] * self.num_rungs))
            values.append(self.divergence(rungs))
        return values

    def call(self, x, training=False):
        """Returns the reconstructions of images x, decoded from their mean codes.

        A conditional model reconstructs a pair of images and labels; without labels, these are
        unknown.
        """
        return self._reconstruct(*self.labels.of_inputs(x), training=training)

    def _reconstruct(self, x: tf.Tensor, label: NoLabels, training: bool = False) -> tf.Tensor:
        q = self.encoder(floating_point(x), training=training)
        return self.decoder(label.append(self.posterior.mean(q)), training=training)

    def encode(self, images: tf.Tensor) -> tf.Tensor:
        """Returns the mean codes of q(z|x), shape (m, d)."""
        return self.posterior.mean(self.encoder(floating_point(images), training=False))

    def codes(self, x: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x) with the noise of training, shape (m, d)."""
        return self.posterior(self.encoder(floating_point(x), training=False))

    def draw_codes(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x), shape (m, d), a function of the seed, integers (2,)."""
        q = self.encoder(floating_point(images), training=False)
        return self.posterior.draw(q, seed)

    def _log_names(self) -> tuple[str, ...]:
        names = ["reconstruction_loss"]
        if self.posterior.is_random or self.posterior_weight:
            names.append("posterior_loss")
        if not self.divergence.is_null:
            names.append("latent_loss")
        if self.decoder_regularizer.has_penalty:
            names.append("decoder_penalty")
        if self.label_weight:
            names.append("label_loss")
        names += self.divergence.diagnostic_names(self.intervention.num_bridges)
        names += ["encoder_gradient_norm", "decoder_gradient_norm"]
        if self.divergence.trainable_variables:
            names.append("discriminator_gradient_norm")
        return (*names, *self.intervention.diagnostic_names())
