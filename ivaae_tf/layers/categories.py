"""Parts of models with categories: posterior, normalized logits, and the loss of labels."""

from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.layers.posteriors import PointPosterior, Posterior
from ivaae_tf.layers.priors import CategoricalPrior, Prior
from ivaae_tf.models.networks import followed_by
from ivaae_tf.models.networks.convolutional import batch_normalization

BATCH_NAMES = ("images", "labeled_images", "labels")  # of a batch with labeled images
_SCALE = 4.0  # of the normalized logits


@keras.saving.register_keras_serializable("ivaae_tf")
class CategoricalPosterior(PointPosterior):
    """A posterior without noise, of codes (y, z) with probabilities y and a point z.

    The encoder returns the K logits of y, then the d coordinates of z. The penalty is ½‖z‖².

    Args:
        num_categories: K.

    Example:
        >>> CategoricalPosterior(num_categories=2)(tf.constant([[0.0, 0.0, 3.0, 4.0]])).numpy()
        array([[0.5, 0.5, 3. , 4. ]], dtype=float32)

    References:
        Makhzani et al. (2015), Adversarial Autoencoders, section 5:
        https://arxiv.org/abs/1511.05644
    """

    def __init__(self, num_categories: int, **kwargs):
        super().__init__(**kwargs)
        self.num_categories = num_categories

    def call(self, q: tf.Tensor) -> tf.Tensor:
        """Returns (softmax(logits), z), shape (m, K + d)."""
        logits, z = q[:, : self.num_categories], q[:, self.num_categories :]
        return tf.concat([tf.nn.softmax(logits), z], axis=-1)

    def penalty(self, q: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Returns ½‖z‖² of the points, shape (m,)."""
        return super().penalty(q[:, self.num_categories :])

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "num_categories": self.num_categories}


@keras.saving.register_keras_serializable("ivaae_tf")
class NormalizedLogits(keras.layers.Layer):
    """Normalizes the first K outputs of an encoder over the batch, and multiplies them by 4.

    Without it, the softmax saturates within a few steps: all images are then in one or two
    categories with probability 1, where its gradient is 0, and they never leave them. With mean 0
    and variance 1 of each logit over the batch, no category can be empty.

    Args:
        num_categories: K.

    Call arguments:
        q: Outputs of the encoder, float32, shape (m, K + d).

    Returns:
        The same with other logits. In inference, they are normalized by running statistics.
    """

    def __init__(self, num_categories: int, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.num_categories = num_categories
        self.normalization = batch_normalization(center=False, scale=False, dtype="float32")

    def build(self, input_shape):
        """Makes the running statistics of the logits."""
        self.normalization.build((None, self.num_categories))
        super().build(input_shape)

    def call(self, q: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns q with normalized logits, shape (m, K + d)."""
        logits = self.normalization(q[:, : self.num_categories], training=training)
        return tf.concat([_SCALE * logits, q[:, self.num_categories :]], axis=-1)

    def compute_output_shape(self, input_shape):
        """Returns the shape of q."""
        return input_shape

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "num_categories": self.num_categories}


class Unsupervised:
    """Training without labeled images."""

    def split(self, batch: Any) -> tuple[Any, Any]:
        """Returns the batch for the other losses, which is all of it, and no labeled images."""
        return batch, None

    def loss(self, encoder: keras.Model, noise: keras.layers.Layer, labeled: Any) -> tf.Tensor:
        """Returns 0."""
        del encoder, noise, labeled
        return tf.zeros([])


class LabelCrossEntropy(Unsupervised):
    """The cross-entropy of the categories of labeled images.

    Args:
        num_categories: K.
    """

    def __init__(self, num_categories: int):
        self._num_categories = num_categories

    def split(self, batch):
        """Returns the images of a batch of both, and the labeled images with their labels.

        Raises:
            ValueError: If the batch is not of both.
        """
        if not isinstance(batch, dict) or set(batch) != set(BATCH_NAMES):
            raise ValueError(
                f"A model that learns from labels needs batches that are dictionaries with "
                f"{', '.join(BATCH_NAMES)}; build it with num_labels=0 for images alone. Received: "
                f"{sorted(batch) if isinstance(batch, dict) else type(batch).__name__}"
            )
        images, *labeled = (batch[name] for name in BATCH_NAMES)
        return images, labeled

    def loss(self, encoder, noise, labeled):
        """Returns the mean cross-entropy in nats, a scalar."""
        images, labels = labeled
        # With the running statistics of all images, as in classification: a few labeled images have
        # others, with which the error of digits is twice as high.
        logits = encoder(noise(images), training=False)[:, : self._num_categories]
        costs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_mean(costs)


def with_categories(
    num_categories: int, prior: Prior, posterior: Posterior, encoder: keras.Model
) -> tuple[Prior, Posterior, keras.Model]:
    """Returns prior, posterior and encoder of codes (y, z), or the given parts for K = 0.

    Args:
        num_categories: K; 0 for codes without categories.
        prior: p(z).
        posterior: q(z|x), which must be a point.
        encoder: E with K more outputs than z has parameters.
    """
    if not num_categories:
        return prior, posterior, encoder
    return (
        CategoricalPrior(num_categories, prior),
        CategoricalPosterior(num_categories),
        followed_by(encoder, NormalizedLogits(num_categories)),
    )
