"""Divergences between the distributions of the rungs, which the encoder minimizes."""

from collections.abc import Callable

import keras

from ivaae_tf.layers.divergences.adversarial import AdversarialDivergence, adversarial_with_prior
from ivaae_tf.layers.divergences.base import Divergence, NoDivergence
from ivaae_tf.layers.divergences.mmd import MaximumMeanDiscrepancy

# Name -> function of a function that makes the discriminator, and of the encoder's objective; only
# the adversarial divergences use them.
DIVERGENCES: dict[str, Callable[[Callable[[], keras.Model], str], Divergence]] = {
    "adversarial": lambda make, objective: AdversarialDivergence(make(), objective),
    "adversarial_with_prior": lambda make, objective: adversarial_with_prior(make(), objective),
    "mmd": lambda make, objective: MaximumMeanDiscrepancy(),
    "none": lambda make, objective: NoDivergence(),
}

__all__ = [
    "DIVERGENCES",
    "AdversarialDivergence",
    "Divergence",
    "MaximumMeanDiscrepancy",
    "NoDivergence",
    "adversarial_with_prior",
]
