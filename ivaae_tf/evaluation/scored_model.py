"""Interface of models that are evaluated."""

from typing import Any, Protocol

import tensorflow as tf

from ivaae_tf.layers.priors import Prior


class ScoredModel(Protocol):
    """Interface of models to evaluate; images are (m, height, width, channels) in [−1, 1]."""

    @property
    def latent_dim(self) -> int:
        """The number of values in a code, d."""

    @property
    def prior(self) -> Prior:
        """The prior of the codes."""

    @property
    def has_encoder(self) -> bool:
        """Whether images have codes; otherwise only the samples are evaluated."""

    @property
    def codes_are_random(self) -> bool:
        """Whether each call of `draw_codes` returns other codes of an image."""

    def draw_codes(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x) of images, (m, d)."""

    @property
    def is_conditional(self) -> bool:
        """Whether images have labels, which decoding needs."""

    def decode(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the images of codes (m, d)."""

    def __call__(self, images: Any, training: bool = False) -> Any:
        """Returns the reconstructions of images, or of a pair of images and labels."""
