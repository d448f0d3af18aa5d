"""The error of the categories after each epoch."""

import keras

from ivaae_tf.evaluation.batches import LabeledBatches
from ivaae_tf.evaluation.categories import CategoryScorer


class CategoryErrors(keras.callbacks.Callback):
    """Adds `val_label_error`, or the majority's `val_cluster_error`, to the logs of an epoch.

    Args:
        batches: Validation images and labels.
    """

    def __init__(self, batches: LabeledBatches):
        super().__init__()
        self._batches = batches

    def on_train_begin(self, logs=None):
        """Makes the function that scores the model of the training."""
        self._scores = CategoryScorer(self.model)

    def on_epoch_end(self, epoch, logs=None):
        """Adds the error for the callbacks that follow."""
        for score in self._scores(self._batches):
            if score.name == "classification_error":
                logs["val_label_error"] = score.value
            if score.conditions.get("labeled_by") == "majority":
                logs["val_cluster_error"] = score.value
