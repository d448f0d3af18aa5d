"""Trains only the discriminator, on codes of a frozen encoder: Figures 2 and 3 of the paper."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.layers.divergences import AdversarialDivergence
from ivaae_tf.layers.interventions import BlockwiseIntervention
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.networks import NETWORKS, fully_connected
from ivaae_tf.models.optimizers import make_optimizers
from ivaae_tf.settings import Settings


@dataclasses.dataclass(frozen=True)
class Measurement:
    """State of the adversarial game after some steps of the discriminator alone.

    Attributes:
        step: Number of training steps of D.
        discriminator_cross_entropy: L_IV of D, nats; log(t+1) for a D with uniform output.
        js_estimate: log(t+1) − L_IV, a lower bound of the rungs' Jensen-Shannon divergence, nats.
        encoder_gradient_norm: Norm of the gradient of the method's latent loss, without its weight
            μ₂, with respect to E's weights; the mean of the norms of single batches.
        rung_0_gradient_norm: The same of −E log D_t(E(x)), the codes alone: the other reading of
            Figure 3's caption. The loss above averages the rungs k < t.
    """

    step: int
    discriminator_cross_entropy: float
    js_estimate: float
    encoder_gradient_norm: float
    rung_0_gradient_norm: float


def with_two_classes(model: InterventionAutoencoder, settings: Settings) -> InterventionAutoencoder:
    """Returns an adversarial auto-encoder with the encoder and decoder of a trained model.

    Its discriminator has new weights, the width of the settings, and two classes: codes and prior.
    For a run with networks of the user, it is fully connected.
    """
    networks = NETWORKS.get(settings.network, fully_connected)
    discriminator = networks.discriminator(model.latent_dim, 2, settings.width)
    return InterventionAutoencoder(
        encoder=model.encoder,
        decoder=model.decoder,
        intervention=BlockwiseIntervention(1, settings.seed, prior=model.prior),
        divergence=AdversarialDivergence(discriminator),
        posterior=model.posterior,
        likelihood=model.likelihood,
    )


def reinitialize_discriminator(
    model: InterventionAutoencoder, settings: Settings, steps_per_epoch: int, seed: int
) -> None:
    """Resets the weights of the discriminator and all optimizers.

    Args:
        model: A trained model with a discriminator.
        settings: Settings of its run, for the optimizers.
        steps_per_epoch: Number of steps per epoch of its run, for the decay of the learning rates.
        seed: Seed that alone determines the new weights.
    """
    keras.utils.set_random_seed(seed)
    discriminator = model.divergence.discriminator
    discriminator.set_weights(keras.models.clone_model(discriminator).get_weights())
    model.compile(**make_optimizers(settings, steps_per_epoch))


def train_discriminator_alone(
    model: InterventionAutoencoder,
    batches: Iterable[tf.Tensor],
    *,
    num_steps: int,
    measure_every: int,
    num_measured_batches: int,
    description: str = "",
) -> Iterator[Measurement]:
    """Trains D as in Algorithm 1, with fixed encoder and decoder.

    The encoder runs in inference mode. All measurements use the same batches and noise, so a curve
    shows only D's progress. Measurements do not change the noise of training, so D does not depend
    on their number.

    Args:
        model: A compiled model with a discriminator, which is trained in place.
        batches: Images in batches of one shape: first the measured batches, then one for each step.
        num_steps: Steps of the discriminator, at least 1.
        measure_every: Steps between two measurements; the first is before step 1, the last after
            the last step.
        num_measured_batches: Number of batches to measure on, at least 1.
        description: Text before the progress bar.

    Yields:
        Each measurement, as soon as it is done.
    """
    # The measured batches, and the random states with which they are measured.
    batches = iter(batches)
    measured_batches = list(itertools.islice(batches, num_measured_batches))
    states = [part.random_state for part in model.random_parts]
    measured_noise = [state.numpy() for state in states]

    @tf.function(autograph=False)
    def train(x):
        model.discriminator_step(model.intervention(model.codes(x)))

    @tf.function(autograph=False)
    def measure_batch(x):
        with tf.GradientTape(persistent=True) as tape:
            z_k = model.intervention(model.codes(x))
            latent_loss = model.divergence(z_k)
            rung_0_loss = -tf.reduce_mean(model.divergence.log_probabilities(z_k[:1])[..., -1])
        variables = model.encoder.trainable_variables
        norms = [
            tf.linalg.global_norm(tape.gradient(loss, variables))
            for loss in (latent_loss, rung_0_loss)
        ]
        cross_entropy, logs = model.divergence.discriminator_loss(z_k)
        return tf.stack([cross_entropy, logs["js_estimate"], *norms])

    def measure(step: int) -> Measurement:
        noise_of_training = [state.numpy() for state in states]
        for state, value in zip(states, measured_noise, strict=True):
            state.assign(value)
        values = [measure_batch(x) for x in measured_batches]
        for state, value in zip(states, noise_of_training, strict=True):
            state.assign(value)
        return Measurement(step, *np.asarray(values).mean(axis=0, dtype=np.float64).tolist())

    # Training.
    yield measure(0)
    for step in tqdm(range(1, num_steps + 1), desc=description, unit=" steps", mininterval=1):
        train(next(batches))
        if step % measure_every == 0 or step == num_steps:
            yield measure(step)
