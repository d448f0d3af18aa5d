"""How well a score tells outliers from normal images: AUROC and average precision."""

import numpy as np
import scipy.stats
import sklearn.metrics

from ivaae_tf.metrics.score import Condition, Score

_NUM_RESAMPLES = 1000


def detection_scores(of_outliers: np.ndarray, of_normal: np.ndarray, name: str) -> list[Score]:
    """Returns AUROC and average precision of a score that is higher for outliers.

    The 95 % intervals, `low` and `high` among the conditions, are percentiles of 1,000 bootstrap
    samples, in which outliers and normal images are drawn separately. The average precision
    depends on the share of outliers.

    Args:
        of_outliers: Scores of the outliers, shape (n,), at least one.
        of_normal: Scores of the normal images, shape (m,), at least one.
        name: What scores them, for the names of the results.
    """
    statistics = {
        "auroc": sklearn.metrics.roc_auc_score,
        "average_precision": sklearn.metrics.average_precision_score,
    }
    conditions: dict[str, Condition] = {
        "num_outliers": len(of_outliers),
        "num_normal": len(of_normal),
    }
    scores = []
    for statistic, function in statistics.items():

        def of_samples(outliers, normal, function=function):
            is_outlier = np.repeat([1, 0], [len(outliers), len(normal)])
            return function(is_outlier, np.concatenate([outliers, normal]))

        value = of_samples(of_outliers, of_normal)
        found = scipy.stats.bootstrap(
            (of_outliers, of_normal),
            of_samples,
            n_resamples=_NUM_RESAMPLES,
            vectorized=False,
            method="percentile",
            rng=np.random.default_rng(0),
        )
        low, high = found.confidence_interval
        score = Score(f"{statistic}_{name}", value, True, found.standard_error, conditions)
        scores.append(score.with_conditions(low=float(low), high=float(high)))
    return scores
