"""Scores of categories on tables that are made by hand."""

import numpy as np
import pytest

from ivaae_tf.metrics import categories

# Six images and three clusters. The heads are images 2, 1 and 5, of the classes 1, 1 and 0.
PROBABILITIES = np.array(
    [
        [0.6, 0.3, 0.1],
        [0.0, 1.0, 0.0],
        [0.9, 0.0, 0.1],
        [0.7, 0.2, 0.1],
        [0.1, 0.6, 0.3],
        [0.2, 0.3, 0.5],
    ]
)
LABELS = np.array([0, 1, 1, 0, 0, 0])


def test_the_head_of_a_category_gives_its_class():
    of_categories = categories.labels_of_heads(PROBABILITIES, LABELS)
    np.testing.assert_array_equal(of_categories, [1, 1, 0])
    # Clusters 0, 1, 0, 0, 1, 2: images 0, 3 and 4 have another class.
    assert categories.cluster_error(PROBABILITIES, LABELS, of_categories) == 3 / 6


def test_the_majority_of_a_category_gives_its_class():
    of_categories = categories.labels_of_majorities(PROBABILITIES, LABELS)
    np.testing.assert_array_equal(of_categories, [0, 0, 0])  # Cluster 1 is a tie.
    assert categories.cluster_error(PROBABILITIES, LABELS, of_categories) == 2 / 6


def test_scores_have_errors_information_and_the_used_categories():
    scores = categories.category_scores(PROBABILITIES, LABELS, are_classes=False)
    values = {(each.name, each.conditions.get("labeled_by")): each.value for each in scores}
    # Entropies of labels and clusters, and their joint, in nats.
    of_labels = -(4 / 6 * np.log(4 / 6) + 2 / 6 * np.log(2 / 6))
    of_clusters = -sum(p * np.log(p) for p in (3 / 6, 2 / 6, 1 / 6))
    joint = -sum(p * np.log(p) for p in (2 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6))
    information = of_labels + of_clusters - joint
    assert values == {
        ("cluster_error", "head"): 3 / 6,
        ("cluster_error", "majority"): 2 / 6,
        ("normalized_mutual_information", None): pytest.approx(
            information / ((of_labels + of_clusters) / 2)
        ),
        ("used_categories", None): 3,
    }


def test_classes_have_an_error_with_the_deviation_of_a_share():
    (score,) = categories.category_scores(PROBABILITIES, LABELS, are_classes=True)
    assert (score.name, score.value) == ("classification_error", 3 / 6)
    assert score.standard_error == pytest.approx(np.sqrt(3 / 6 * 3 / 6 / 6))
