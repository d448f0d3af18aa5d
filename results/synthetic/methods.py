"""Methods of the synthetic benchmark: rungs, and penalties of the discriminator."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ivaae_tf.layers.divergences import MaximumMeanDiscrepancy
from ivaae_tf.layers.interventions import (
    BlockwiseIntervention,
    Intervention,
    RadialIntervention,
)

# Factor of the gradient penalty, and the standard deviation of instance noise at the first step.
PENALTY_WEIGHT = 1.0
INSTANCE_NOISE = 1.0


@dataclasses.dataclass(frozen=True)
class Method:
    """A method, or an AAE with a remedy that does not use bridges.

    Attributes:
        intervention: From t and a seed to the intervention.
        has_random_order: Whether the blocks are replaced in a random order, one for each seed and
            batch.
        num_prior_samples: Prior samples of D's last class, for each code.
        has_discriminator: Whether there is a discriminator, instead of an MMD.
        has_gradient_penalty: Whether D's loss has a gradient penalty.
        has_spectral_norm: Whether D's weights are divided by their spectral norms.
        has_instance_noise: Whether D's inputs have noise that falls to 0 linearly.
        is_blurred: Whether rung 0 is the radial rung in the middle, instead of the codes.
    """

    intervention: Callable[[int, int], Intervention] = BlockwiseIntervention
    has_random_order: bool = False
    num_prior_samples: int = 1
    has_discriminator: bool = True
    has_gradient_penalty: bool = False
    has_spectral_norm: bool = False
    has_instance_noise: bool = False
    is_blurred: bool = False


# At t = 1, the block-wise intervention has the rungs of an AAE.
METHODS = {
    "aae": Method(),
    "radial": Method(RadialIntervention),
    "blockwise": Method(),
    "blockwise_random": Method(has_random_order=True),
    "wae_mmd": Method(has_discriminator=False),
    "prior_samples": Method(num_prior_samples=4),
    "gradient_penalty": Method(has_gradient_penalty=True),
    "spectral_norm": Method(has_spectral_norm=True),
    "radial_spectral_norm": Method(RadialIntervention, has_spectral_norm=True),
    "instance_noise": Method(has_instance_noise=True),
    "blurred": Method(RadialIntervention, is_blurred=True),
}


class Rungs(tf.Module):
    """The inputs of a discriminator, from codes of many seeds.

    Args:
        method: The method.
        num_bridges: t.
        seed: Seed of the noise.

    Attributes:
        labels: Class of each input, shape (number of inputs,).
        weights: Weight of each input in D's loss; the weights of a class sum up to 1/(t+1).
        num_of_encoder: How many inputs, from the first, depend on the codes.
    """

    def __init__(self, method: Method, num_bridges: int, seed: int):
        super().__init__()
        self._method = method
        # Of the two bridges of a blurred code, the first is half noise, and the second the prior.
        self._intervention = method.intervention(num_bridges + method.is_blurred, seed)
        self.num_of_encoder = num_bridges
        self._num_repeated = method.num_prior_samples - 1
        self.labels = np.array([*range(num_bridges + 1), *[num_bridges] * self._num_repeated])
        self.weights = 1 / (num_bridges + 1) / np.bincount(self.labels)[self.labels]

    def __call__(self, z: tf.Tensor, positions: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the inputs of D, shape (number of inputs, seeds, m, d).

        Args:
            z: Codes, shape (seeds, m, d).
            positions: When each of t blocks is replaced, a permutation of 0 … t−1 for each seed,
                shape (seeds, t); None for the rungs of the intervention.
        """
        # The interventions act row by row, so the codes of all seeds can be one batch.
        codes = tf.reshape(z, [-1, z.shape[-1]])
        if positions is None:
            rungs = self._intervention(codes)[int(self._method.is_blurred) :]
        else:
            rungs = self._in_order(z, codes, positions)
        if self._num_repeated:
            samples = self._intervention.prior_samples(codes, self._num_repeated)
            rungs = tf.concat([rungs, samples], axis=0)
        return tf.reshape(rungs, [-1, *z.shape])

    def _in_order(self, z: tf.Tensor, codes: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """Returns block-wise rungs with an order for each seed; the class has one for a batch."""
        num_bridges, d = positions.shape[1], z.shape[-1]
        position = tf.repeat(positions, d // num_bridges, axis=1)[:, tf.newaxis]  # (seeds, 1, d)
        noise = self._intervention.prior_samples(codes, num_bridges)
        noise = tf.reshape(noise, [num_bridges, *z.shape])
        rung = tf.range(1, num_bridges + 1)[:, tf.newaxis, tf.newaxis, tf.newaxis]
        return tf.concat([z[tf.newaxis], tf.where(position < rung, noise, z)], axis=0)


def random_positions(num_seeds: int, num_blocks: int, seed: tf.Tensor) -> tf.Tensor:
    """Returns a random permutation of the blocks for each seed, shape (seeds, blocks)."""
    return tf.argsort(tf.random.stateless_uniform((num_seeds, num_blocks), seed))


_MMD = MaximumMeanDiscrepancy()


def mmd(z: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
    """Returns WAE-MMD's loss for each seed, shape (seeds,), of codes and samples (seeds, m, d)."""
    num_codes = z.shape[1]

    def of_distinct_pairs(x: tf.Tensor) -> tf.Tensor:
        kernel = _MMD.kernel(x, x)
        total = tf.reduce_sum(kernel, axis=[1, 2]) - tf.linalg.trace(kernel)
        return total / (num_codes * (num_codes - 1))

    across = tf.reduce_mean(_MMD.kernel(z, samples), axis=[1, 2])
    return of_distinct_pairs(z) + of_distinct_pairs(samples) - 2 * across
