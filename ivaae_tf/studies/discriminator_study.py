"""The discriminator trained alone against a frozen encoder: Figures 2 and 3 of the paper."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.settings import Settings


@dataclasses.dataclass(frozen=True)
class Measurement:
    """How the game stands after some steps of the discriminator alone.

    Attributes:
        step: Steps that D was trained for.
        discriminator_cross_entropy: L_IV of D, nats; log(t+1) for a D that knows nothing.
        js_estimate: log(t+1) less that: a lower bound of the rungs' Jensen-Shannon divergence.
        encoder_gradient_norm: Norm of the gradient with respect to E's weights of the method's own
            latent loss, without its weight μ₂; the mean over batches of the norms that a step on
            each would see.
    """

    step: int
    discriminator_cross_entropy: float
    js_estimate: float
    encoder_gradient_norm: float


def reinitialize_discriminator(
    model: InterventionAutoencoder, settings: Settings, steps_per_epoch: int, seed: int
) -> None:
    """Gives the model a discriminator at its first weights, and new optimizers.

    Args:
        model: A trained model with a discriminator.
        settings: Those of its run, for the optimizers.
        steps_per_epoch: Of its run, for the decay of the learning rates.
        seed: Of the first weights, which depend on nothing else.
    """
    keras.utils.set_random_seed(seed)
    discriminator = model.divergence.discriminator
    discriminator.set_weights(keras.models.clone_model(discriminator).get_weights())
    model.compile(**settings.make_optimizers(steps_per_epoch))


def train_discriminator_alone(
    model: InterventionAutoencoder,
    batches: Iterable[tf.Tensor],
    *,
    num_steps: int,
    measure_every: int,
    num_measured_batches: int,
    description: str = "",
) -> Iterator[Measurement]:
    """Trains D as Algorithm 1 does, encoder and decoder left as they are.

    The encoder runs in inference mode. All measurements are taken on the same batches, with the
    same noise, so that a curve shows D's progress alone; and they leave the noise that D is trained
    on as it is, so that D does not depend on how often it is looked at.

    Args:
        model: A compiled model with a discriminator, which is trained in place.
        batches: Images, all batches of one shape: those to measure on, then one for each step.
        num_steps: Of the discriminator, at least 1.
        measure_every: Steps between two measurements; the first is before the first step, the last
            after the last one.
        num_measured_batches: At least 1.
        description: Stands before the progress bar.

    Yields:
        The measurements, as they are taken.
    """
    batches = iter(batches)
    measured_batches = list(itertools.islice(batches, num_measured_batches))
    noise = model.intervention.seed_generator.state
    measured_noise = noise.numpy()

    @tf.function
    def train(x):
        model.discriminator_step(model.intervention(model.encoder(x, training=False)))

    @tf.function
    def measure_batch(x):
        with tf.GradientTape() as tape:
            z_k = model.intervention(model.encoder(x, training=False))
            latent_loss = model.divergence(z_k)
        gradients = tape.gradient(latent_loss, model.encoder.trainable_variables)
        cross_entropy, logs = model.divergence.discriminator_loss(z_k)
        return tf.stack([cross_entropy, logs["js_estimate"], tf.linalg.global_norm(gradients)])

    def measure(step: int) -> Measurement:
        noise_of_training = noise.numpy()
        noise.assign(measured_noise)
        values = [measure_batch(x) for x in measured_batches]
        noise.assign(noise_of_training)
        return Measurement(step, *np.asarray(values).mean(axis=0, dtype=np.float64).tolist())

    yield measure(0)
    for step in tqdm(range(1, num_steps + 1), desc=description, unit=" steps", mininterval=1):
        train(next(batches))
        if step % measure_every == 0 or step == num_steps:
            yield measure(step)
