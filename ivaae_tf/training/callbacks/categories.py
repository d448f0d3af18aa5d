"""The error of the categories after each epoch."""

import keras

from ivaae_tf.evaluation.categories import LabeledBatches, category_scores


class CategoryErrors(keras.callbacks.Callback):
    """Adds `val_label_error`, or the majority's `val_cluster_error`, to the logs of an epoch.

    Args:
        batches: Validation images and labels.
    """

    def __init__(self, batches: LabeledBatches):
        super().__init__()
        self._batches = batches

    def on_epoch_end(self, epoch, logs=None):
        """Adds the error for the callbacks that follow."""
        for score in category_scores(self.model, self._batches):
            if score.name == "classification_error":
                logs["val_label_error"] = score.value
            if score.conditions.get("labeled_by") == "majority":
                logs["val_cluster_error"] = score.value
