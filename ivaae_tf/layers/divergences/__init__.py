"""Divergences between the distributions of the rungs, which the encoder minimizes."""

from collections.abc import Callable

import keras

from ivaae_tf.layers.divergences.adversarial import AdversarialDivergence, adversarial_with_prior
from ivaae_tf.layers.divergences.base import Divergence, NoDivergence
from ivaae_tf.layers.divergences.mmd import MaximumMeanDiscrepancy
from ivaae_tf.layers.priors import Prior

# Name -> function of a function that makes the discriminator, of the encoder's objective, which
# only the adversarial divergences use, and of the prior.
DIVERGENCES: dict[str, Callable[[Callable[[], keras.Model], str, Prior], Divergence]] = {
    "adversarial": lambda make, objective, prior: AdversarialDivergence(make(), objective),
    "adversarial_with_prior": lambda make, objective, prior: adversarial_with_prior(
        make(), objective, prior
    ),
    "mmd": lambda make, objective, prior: MaximumMeanDiscrepancy(
        squared_norm=prior.mean_squared_norm()
    ),
    "none": lambda make, objective, prior: NoDivergence(),
}

__all__ = [
    "DIVERGENCES",
    "AdversarialDivergence",
    "Divergence",
    "MaximumMeanDiscrepancy",
    "NoDivergence",
    "adversarial_with_prior",
]
