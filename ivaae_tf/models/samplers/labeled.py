"""Sampler for conditional models, whose codes are decoded with labels."""

from typing import Any

import tensorflow as tf

from ivaae_tf.layers.labels import NoLabels
from ivaae_tf.models.samplers.base import Sampler


class LabeledSampler(Sampler):
    """Samples codes with another sampler, and labels independently of them.

    Args:
        sampler: Sampler of the codes.
        labels: The labels of the model; they have the shares of the training images.
        index: Number of the only label; None for all.

    Example:
        >>> from ivaae_tf.layers.labels import Labels
        >>> from ivaae_tf.models.samplers import Prior
        >>> from ivaae_tf.layers.priors import GaussianPrior
        >>> prior = Prior(GaussianPrior(latent_dim=4))
        >>> LabeledSampler(prior, Labels(["cat", "dog"])).of_label("dog")(2, seed=0).shape
        TensorShape([2, 4])

    References:
        Makhzani et al. (2015), Adversarial Autoencoders, Section 4:
        https://arxiv.org/abs/1511.05644
    """

    def __init__(self, sampler: Sampler, labels: NoLabels, index: int | tf.Tensor | None = None):
        super().__init__(sampler.name)
        self.conditions = sampler.conditions
        self.class_names = labels.names
        self._sampler, self._labels, self._index = sampler, labels, index

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of only the seed."""
        return self._sampler(num_codes, seed)

    def decode(self, model: Any, z: tf.Tensor, seed: int) -> tf.Tensor:
        """Returns the images of codes with the label, or with labels that depend on the seed."""
        num_codes = tf.shape(z)[0]
        if self._index is None:
            return model.decode(z, self._labels.draw(num_codes, seed))
        return model.decode(z, tf.fill([num_codes], self._index))

    def of_class(self, index: int | tf.Tensor) -> Sampler:
        """Returns the sampler of the images of a class."""
        return LabeledSampler(self._sampler, self._labels, index)


def with_labels(sampler: Sampler, labels: NoLabels) -> Sampler:
    """Returns a sampler for a model with some labels; the sampler itself if there are none."""
    return LabeledSampler(sampler, labels) if labels.names else sampler
