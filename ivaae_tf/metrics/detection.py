"""How well a score tells outliers from normal images: AUROC and average precision."""

import numpy as np
import scipy.stats
import sklearn.metrics

from ivaae_tf.metrics.score import Condition, Score

_NUM_RESAMPLES = 1000
_NORMAL_95 = 1.96  # standard errors


def detection_scores(of_outliers: np.ndarray, of_normal: np.ndarray, name: str) -> list[Score]:
    """Returns AUROC and average precision of a score that is higher for outliers.

    `low` and `high` among the conditions are 95 % intervals: of AUROC by the error of DeLong et
    al., of the average precision the percentiles of 1,000 bootstrap samples, in which outliers and
    normal images are drawn separately. With fewer than two images of a kind there are none. The
    average precision depends on the share of outliers.

    Args:
        of_outliers: Scores of the outliers, shape (n,), at least one.
        of_normal: Scores of the normal images, shape (m,), at least one.
        name: What scores them, for the names of the results.
    """
    counts: dict[str, Condition] = {"num_outliers": len(of_outliers), "num_normal": len(of_normal)}
    auroc, error = share_of_pairs(of_outliers, of_normal)
    found = Score(f"auroc_{name}", auroc, True, error, counts)
    precision = Score(
        f"average_precision_{name}", _average_precision(of_outliers, of_normal), True, None, counts
    )
    if error is None:
        return [found, precision]
    resampled = scipy.stats.bootstrap(
        (of_outliers, of_normal),
        _average_precision,
        n_resamples=_NUM_RESAMPLES,
        batch=1,  # All at once would be 1,000 times the data.
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    low, high = map(float, resampled.confidence_interval)
    precision = Score(precision.name, precision.value, True, resampled.standard_error, counts)
    half = _NORMAL_95 * error
    return [
        found.with_conditions(low=max(0.0, auroc - half), high=min(1.0, auroc + half)),
        precision.with_conditions(low=low, high=high),
    ]


def _average_precision(of_outliers: np.ndarray, of_normal: np.ndarray) -> float:
    is_outlier = np.repeat([1, 0], [len(of_outliers), len(of_normal)])
    costs = np.concatenate([of_outliers, of_normal])
    return float(sklearn.metrics.average_precision_score(is_outlier, costs))


def share_of_pairs(higher: np.ndarray, lower: np.ndarray) -> tuple[float, float | None]:
    """Returns the share of pairs in which the first value is higher, and its standard error.

    A tie counts half. The share is the area under the ROC curve; its error is that of DeLong,
    DeLong and Clarke-Pearson (1988), None with fewer than two values in a sample.

    Args:
        higher: Shape (n,), at least one.
        lower: Shape (m,), at least one.
    """
    n, m = len(higher), len(lower)
    ranks = scipy.stats.rankdata(np.concatenate([higher, lower]))
    # The share of the other sample that each value of a sample is above, or below.
    above = (ranks[:n] - scipy.stats.rankdata(higher)) / m
    below = 1 - (ranks[n:] - scipy.stats.rankdata(lower)) / n
    error = None
    if min(n, m) > 1:
        error = float(np.sqrt(above.var(ddof=1) / n + below.var(ddof=1) / m))
    return float(above.mean()), error
