"""Adversarial divergence: a discriminator classifies codes, or images, by their rung."""

import math

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import priors
from ivaae_tf.layers.divergences.base import Divergence
from ivaae_tf.layers.divergences.encoder_objectives import ENCODER_OBJECTIVES, of_own_rung


@keras.saving.register_keras_serializable("ivaae_tf")
class AdversarialDivergence(Divergence):
    """A discriminator D with t+1 outputs, and the encoder's loss against it.

    D minimizes the cross-entropy of a code's rung k. Theorem 2: for fixed codes the best D is
    D_k(z) = p_k(z) / Σ_j p_j(z), and its cross-entropy is log(t+1) − JS(p_0, …, p_t). So log(t+1)
    minus the cross-entropy of any D is a lower bound on the Jensen-Shannon divergence (nats).

    Args:
        discriminator: Keras model from codes (n, d), or from images, to logits (n, t+1).
        encoder_objective: "prior", "confusion", "reversed" or "minimax"; see `encoder_objectives`.
        add_log_prior: Whether log p(z) of the prior is added to the logit of the last rung, as in
            WAE-GAN: the best D contains this term and then need not learn it.
        prior: The prior in this term; None for N(0, I).

    Raises:
        ValueError: If the objective is unknown or, when built, if D does not have t+1 outputs.

    Example:
        >>> discriminator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> rungs = tf.random.stateless_normal([3, 8, 4], seed=[0, 0])
        >>> AdversarialDivergence(discriminator)(rungs).shape
        TensorShape([])

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022, Theorem 2.
        Makhzani et al. (2015), Adversarial Autoencoders:
        https://arxiv.org/abs/1511.05644
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders, Algorithm 1:
        https://arxiv.org/abs/1711.01558
    """

    def __init__(
        self,
        discriminator: keras.Model,
        encoder_objective: str = "prior",
        add_log_prior: bool = False,
        prior: priors.Prior | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if encoder_objective not in ENCODER_OBJECTIVES:
            raise ValueError(
                f"encoder_objective must be one of {', '.join(ENCODER_OBJECTIVES)}. "
                f"Received: {encoder_objective!r}"
            )
        self.discriminator = discriminator
        self.encoder_objective = encoder_objective
        self.add_log_prior = add_log_prior
        self.prior = priors.get(prior)

    def build(self, input_shape):
        """Checks that D has one output for each rung."""
        num_rungs, num_outputs = input_shape[0], self.discriminator.output_shape[-1]
        if num_outputs != num_rungs:
            raise ValueError(
                f"The discriminator must have one output for each of the t+1 = {num_rungs} rungs. "
                f"Received: a discriminator with {num_outputs} outputs"
            )
        super().build(input_shape)

    def call(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns the encoder's loss against the current D, a scalar."""
        objective = ENCODER_OBJECTIVES[self.encoder_objective]
        rungs = z_k if objective.reads_last_rung else z_k[:-1]
        return objective.loss(self.log_probabilities(rungs))

    def log_probabilities(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns log D_j(z), shape (r, m, t+1) with j last, of rungs (r, m, d) or of images."""
        num_rungs = z_k.shape[0]
        codes = tf.reshape(z_k, [-1, *z_k.shape[2:]])
        logits = self.discriminator(codes, training=True)
        if self.add_log_prior:
            prior = self.prior or priors.GaussianPrior(z_k.shape[-1])
            z = codes[:, : prior.latent_dim]  # without the labels of a conditional model
            log_prior = prior.log_density(z)[:, tf.newaxis]  # (n, 1), for the last column
            logits = tf.concat([logits[:, :-1], logits[:, -1:] + log_prior], axis=1)
        return tf.reshape(tf.nn.log_softmax(logits), [num_rungs, -1, logits.shape[-1]])

    def discriminator_loss(self, z_k: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns L_IV, the mean cross-entropy of the codes' rungs, and diagnostics.

        The diagnostics are the cross-entropy, the estimate of the Jensen-Shannon divergence (nats),
        and for each rung the share of its codes that D classifies correctly.
        """
        num_rungs = z_k.shape[0]
        log_probabilities = self.log_probabilities(z_k)
        cross_entropy = -tf.reduce_mean(of_own_rung(log_probabilities))
        rung = np.arange(num_rungs, dtype=np.int32)[:, np.newaxis]
        recognized = tf.argmax(log_probabilities, axis=-1, output_type=tf.int32) == rung
        accuracy = tf.reduce_mean(tf.cast(recognized, tf.float32), axis=1)
        names = self.diagnostic_names(num_rungs - 1)
        values = [cross_entropy, math.log(num_rungs) - cross_entropy, *tf.unstack(accuracy)]
        return cross_entropy, dict(zip(names, values, strict=True))

    def diagnostic_names(self, num_bridges: int) -> tuple[str, ...]:
        """Returns the names of the diagnostics of `discriminator_loss`."""
        accuracies = (f"discriminator_accuracy_rung_{k}" for k in range(num_bridges + 1))
        return ("discriminator_cross_entropy", "js_estimate", *accuracies)

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {
            **super().get_config(),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "encoder_objective": self.encoder_objective,
            "add_log_prior": self.add_log_prior,
            "prior": keras.saving.serialize_keras_object(self.prior),
        }

    @classmethod
    def from_config(cls, config):
        """Makes the divergence from `get_config`'s result."""
        discriminator = keras.saving.deserialize_keras_object(config.pop("discriminator"))
        return cls(discriminator=discriminator, **config)


def adversarial_with_prior(
    discriminator: keras.Sequential, encoder_objective: str, prior: priors.Prior | None = None
) -> AdversarialDivergence:
    """Returns WAE-GAN's divergence, whose D starts as in the code of its authors.

    They add −‖z‖²/2 − ½ log 2π to the logit (z_adversary in their models.py), with the constant of
    a single dimension. In d dimensions log p(z) is lower by (d−1)/2 · log 2π, 58 nats at d = 64,
    and Adam moves a bias by about the learning rate per step. So the bias starts at this
    difference, also in a copy with new weights.

    Args:
        discriminator: New model from codes (n, d) to logits (n, t+1); its last layer is dense.
        encoder_objective: As in `AdversarialDivergence`.
        prior: As in `AdversarialDivergence`.
    """
    dimension = prior.latent_dim if prior else discriminator.input_shape[-1]
    last = discriminator.layers[-1]
    if not isinstance(last, keras.layers.Dense) or last.bias is None:
        raise ValueError(
            "The discriminator of wae_gan must end in a Dense layer with a bias, which starts at "
            f"a term of log p(z). Received: {type(last).__name__}"
        )
    first_bias = [0.0] * last.units
    first_bias[-1] = (dimension - 1) / 2 * math.log(2 * math.pi)
    last.bias_initializer = keras.initializers.Constant(first_bias)
    last.bias.assign(first_bias)
    return AdversarialDivergence(discriminator, encoder_objective, add_log_prior=True, prior=prior)
