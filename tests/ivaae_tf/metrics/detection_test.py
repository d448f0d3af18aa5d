"""AUROC and average precision against counts of pairs, and their errors."""

import numpy as np
import pytest

from ivaae_tf.metrics.detection import _average_precision, detection_scores


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
    """DeLong et al. (1988), equations 3 to 6, over all pairs."""
    wins = _wins(*costs)
    of_outliers, of_normal = wins.mean(axis=1), wins.mean(axis=0)
    variance = of_outliers.var(ddof=1) / len(of_outliers) + of_normal.var(ddof=1) / len(of_normal)
    score = scores["auroc_cost"]
    np.testing.assert_allclose(score.standard_error, np.sqrt(variance))
    half_width = (score.conditions["high"] - score.conditions["low"]) / 2
    np.testing.assert_allclose(half_width, 1.96 * np.sqrt(variance))
    assert score.conditions["num_outliers"] == 80
    assert score.conditions["num_normal"] == 120


def test_the_interval_of_the_average_precision_is_that_of_repeated_draws(costs, scores):
    """Its error is the spread over 400 new samples of this kind, within 20 %.

    The spread is known to 1/√800, 3.5 %; the bootstrap error of one sample differs more.
    """
    rng = np.random.default_rng(5)
    values = [_average_precision(rng.normal(1, 1, 80), rng.normal(0, 1, 120)) for _ in range(400)]
    score = scores["average_precision_cost"]
    np.testing.assert_allclose(score.standard_error, np.std(values), rtol=0.2)
    assert score.conditions["low"] < score.value < score.conditions["high"]


@pytest.mark.parametrize(("num_outliers", "num_normal"), [(1, 5), (5, 1), (1, 1)])
def test_of_a_single_image_there_is_no_error(num_outliers, num_normal):
    scores = detection_scores(np.arange(num_outliers) + 10.0, np.arange(num_normal) * 1.0, "cost")
    assert [score.value for score in scores] == [1, 1]
    assert all(score.standard_error is None for score in scores)
    assert all("low" not in score.conditions for score in scores)
