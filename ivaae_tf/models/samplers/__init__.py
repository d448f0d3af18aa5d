"""Samplers of codes for new images: the prior, or Gaussian mixtures of the training codes."""

from collections.abc import Sequence

import numpy as np

from ivaae_tf.models.image_model import ImageModel
from ivaae_tf.models.samplers.base import Prior, Sampler, batch_seeds, signatures
from ivaae_tf.models.samplers.class_mixture import ClassMixture
from ivaae_tf.models.samplers.gaussian_mixture import GaussianMixture
from ivaae_tf.models.samplers.labeled import LabeledSampler, with_labels

__all__ = [
    "MIXTURES",
    "ClassMixture",
    "GaussianMixture",
    "LabeledSampler",
    "Prior",
    "Sampler",
    "batch_seeds",
    "signatures",
    "with_labels",
]

MIXTURES = {each.sampler: each for each in (GaussianMixture, ClassMixture)}


def in_training(name: str, model: ImageModel, codes: Sequence[np.ndarray], epoch: int) -> Sampler:
    """Returns the sampler for pictures and scores during training.

    It is the prior or, instead of a model of the codes, a single Gaussian, which is fast to fit.

    Args:
        name: A name of `SAMPLERS`.
        model: The model.
        codes: Codes of the model, in batches (n, d); the prior needs none.
        epoch: Number of epochs that the model was trained for.
    """
    if name == "prior":
        return with_labels(Prior(model.prior), model.labels)
    return GaussianMixture.fit(np.concatenate(codes), 1, seed=0, epoch=epoch)
