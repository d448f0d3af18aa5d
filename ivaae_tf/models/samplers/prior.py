"""The prior as the sampler of codes."""

import tensorflow as tf

from ivaae_tf.models.samplers.base import Sampler


class Prior(Sampler):
    """Draws codes of N(0, I) in d dimensions."""

    def __init__(self, latent_dim: int):
        super().__init__("prior")
        self._latent_dim = latent_dim

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of the seed alone."""
        return tf.random.stateless_normal([num_codes, self._latent_dim], tf.stack([seed, 0]))
