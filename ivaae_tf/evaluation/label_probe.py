"""A linear classifier of the label from the codes."""

import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ivaae_tf.evaluation.batches import LabeledBatches, labeled_codes
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder

NUM_TRAINING_CODES = 20_000


def label_probe(
    model: InterventionAutoencoder, train: LabeledBatches, validation: LabeledBatches
) -> list[Score]:
    """Returns the accuracy of a linear classifier of codes; none without labels of two classes.

    Codes that are independent of the label have the share of the most frequent class, which is
    what a conditional model aims at. Codes of a good representation have a high accuracy.

    Args:
        model: A model with an encoder.
        train: Batches of the images on whose codes logistic regression is fitted.
        validation: Batches of the images on whose codes the accuracy is measured.
    """
    encode = tf.function(model.encode, reduce_retracing=True, autograph=False)
    codes, labels = labeled_codes(encode, train)
    held_out_codes, held_out_labels = labeled_codes(encode, validation)
    if len(set(labels)) < 2 or not len(held_out_labels):
        return []
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    accuracy = probe.fit(codes, labels).score(held_out_codes, held_out_labels)
    n = len(held_out_labels)
    return [
        Score(
            "label_probe_accuracy",
            accuracy,
            higher_is_better=None,  # Conditional models aim at codes without the label.
            standard_error=(accuracy * (1 - accuracy) / n) ** 0.5,
            conditions={"num_codes": len(labels), "num_images": n, "split": "validation"},
        )
    ]
