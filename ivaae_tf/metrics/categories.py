"""Scores of categories against the labels of images: errors, and mutual information."""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import normalized_mutual_info_score

from ivaae_tf.metrics.score import Condition, Score


def labels_of_heads(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the class of each category: of the image with the highest probability of it, (K,).

    This is the protocol of Makhzani et al. (2015), section 6: https://arxiv.org/abs/1511.05644. It
    depends on a single image for each category.

    Args:
        probabilities: Shape (n, K).
        labels: Classes from 0, shape (n,).
    """
    return labels[probabilities.argmax(axis=0)]


def labels_of_majorities(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the class of each category: the most frequent of its images, shape (K,).

    Args:
        probabilities: Shape (n, K).
        labels: Classes from 0, shape (n,).
    """
    counts = np.zeros((probabilities.shape[1], labels.max() + 1), np.int64)
    np.add.at(counts, (probabilities.argmax(axis=1), labels), 1)
    return counts.argmax(axis=1)


def cluster_error(
    probabilities: np.ndarray, labels: np.ndarray, label_of_category: np.ndarray
) -> float:
    """Returns the share of images whose class is not the class of their category.

    Args:
        probabilities: Shape (n, K).
        labels: Classes from 0, shape (n,).
        label_of_category: Shape (K,).
    """
    return float(np.mean(label_of_category[probabilities.argmax(axis=1)] != labels))


def category_scores(
    probabilities: np.ndarray, labels: np.ndarray, are_classes: bool
) -> list[Score]:
    """Returns the error of classes, or the errors of clusters and their mutual information.

    Args:
        probabilities: Shape (n, K).
        labels: Classes from 0, shape (n,).
        are_classes: Whether the categories are the classes; otherwise they are clusters.
    """
    if are_classes:
        error = cluster_error(probabilities, labels, np.arange(probabilities.shape[1]))
        return [_error("classification_error", error, len(labels), {})]
    conditions = {"num_categories": probabilities.shape[1]}
    protocols = {"head": labels_of_heads, "majority": labels_of_majorities}
    scores = [
        _error(
            "cluster_error",
            cluster_error(probabilities, labels, function(probabilities, labels)),
            len(labels),
            {**conditions, "labeled_by": name},
        )
        for name, function in protocols.items()
    ]
    clusters = probabilities.argmax(axis=1)
    information = normalized_mutual_info_score(labels, clusters)
    used = len(np.unique(clusters))
    conditions |= {"num_images": len(labels)}
    return [
        *scores,
        Score("normalized_mutual_information", information, True, None, conditions),
        Score("used_categories", used, None, None, conditions),
    ]


def _error(name: str, error: float, count: int, conditions: Mapping[str, Condition]) -> Score:
    """Returns an error with the standard error of a share."""
    standard_error = np.sqrt(error * (1 - error) / count)
    return Score(name, error, False, standard_error, {**conditions, "num_images": count})
