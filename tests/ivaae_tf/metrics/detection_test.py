"""AUROC and average precision against counts of pairs, their errors against DeLong's formula."""

import numpy as np
import pytest

from ivaae_tf.metrics.detection import detection_scores


@pytest.fixture(scope="module")
def costs():
    rng = np.random.default_rng(0)
    return np.round(rng.normal(1, 1, 80), 1), np.round(rng.normal(0, 1, 120), 1)  # with ties


@pytest.fixture(scope="module")
def scores(costs):
    return {score.name: score for score in detection_scores(*costs, "cost")}


def _wins(outliers, normal):
    """Returns 1 where an outlier costs more than a normal image, a half where as much."""
    difference = outliers[:, np.newaxis] - normal
    return (difference > 0) + 0.5 * (difference == 0)


def test_auroc_is_the_share_of_pairs_in_the_right_order(costs, scores):
    np.testing.assert_allclose(scores["auroc_cost"].value, _wins(*costs).mean())


def test_the_average_precision_is_a_sum_over_thresholds(costs, scores):
    outliers, normal = costs
    expected, recall = 0.0, 0.0
    for threshold in sorted({*outliers, *normal}, reverse=True):
        found, wrong = np.sum(outliers >= threshold), np.sum(normal >= threshold)
        expected += (found / len(outliers) - recall) * found / (found + wrong)
        recall = found / len(outliers)
    np.testing.assert_allclose(scores["average_precision_cost"].value, expected)


def test_the_error_of_auroc_is_that_of_delong(costs, scores):
    """DeLong et al. (1988). The spread of 1,000 resamples is known to 2.2 %, three times here."""
    wins = _wins(*costs)
    of_outliers, of_normal = wins.mean(axis=1), wins.mean(axis=0)
    variance = of_outliers.var(ddof=1) / len(of_outliers) + of_normal.var(ddof=1) / len(of_normal)
    score = scores["auroc_cost"]
    np.testing.assert_allclose(score.standard_error, np.sqrt(variance), rtol=0.07)
    half_width = (score.conditions["high"] - score.conditions["low"]) / 2
    np.testing.assert_allclose(half_width, 1.96 * np.sqrt(variance), rtol=0.12)
    assert score.conditions["num_outliers"] == 80
    assert score.conditions["num_normal"] == 120
