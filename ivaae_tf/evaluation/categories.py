"""Categories of images: their probabilities, names and scores."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from ivaae_tf.metrics import categories
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder

LabeledBatches = Iterable[tuple[tf.Tensor, tf.Tensor]]  # images in [−1, 1], and labels


def probabilities_and_labels(
    model: InterventionAutoencoder, batches: LabeledBatches
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the probabilities (n, K) and labels (n,) of the images that have a label."""
    encode = tf.function(model.encode, reduce_retracing=True)
    found = [(encode(images).numpy(), labels.numpy()) for images, labels in batches]
    codes, labels = (np.concatenate(each) for each in zip(*found, strict=True))
    is_labeled = labels >= 0
    return codes[is_labeled, : model.prior.num_categories], labels[is_labeled]


def category_scores(model: InterventionAutoencoder, batches: LabeledBatches) -> list[Score]:
    """Returns the scores of the categories of the images that have a label."""
    probabilities, labels = probabilities_and_labels(model, batches)
    if not len(labels):
        return []
    return categories.category_scores(probabilities, labels, model.label_weight > 0)
