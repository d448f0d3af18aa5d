"""Divergences between the rungs' distributions, which the encoder minimizes."""

from ivaae_tf.divergences.adversarial import AdversarialDivergence
from ivaae_tf.divergences.base import Divergence
from ivaae_tf.divergences.mmd import MaximumMeanDiscrepancy
from ivaae_tf.divergences.none import NoDivergence

__all__ = ["AdversarialDivergence", "Divergence", "MaximumMeanDiscrepancy", "NoDivergence"]
