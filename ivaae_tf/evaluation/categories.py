"""Categories of images: their probabilities, names and scores."""

import tensorflow as tf

from ivaae_tf.evaluation.batches import LabeledBatches, labeled_codes
from ivaae_tf.metrics import categories
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder


class CategoryScorer:
    """Scores the categories, or components of the prior by label, of images that have a label.

    Its graph is traced once for all calls, and reads the weights of the model at each.

    Args:
        model: A model with categories, or with a component of the prior for each class.
    """

    def __init__(self, model: InterventionAutoencoder):
        self._model = model
        self._encode = tf.function(model.encode, reduce_retracing=True, autograph=False)

    def __call__(self, batches: LabeledBatches) -> list[Score]:
        """Returns the scores; none if no image has a label."""
        codes, labels = labeled_codes(self._encode, batches)
        if not len(labels):
            return []
        probabilities = self._model.prior.component_given(tf.constant(codes)).numpy()
        are_classes = self._model.label_weight > 0 or bool(self._model.labels.component_names)
        return categories.category_scores(probabilities, labels, are_classes)
