"""AUROC and average precision of scores that separate outliers from normal images."""

import numpy as np
import scipy.stats
import sklearn.metrics

from ivaae_tf.metrics.score import Condition, Score

_NUM_RESAMPLES = 1000
_NORMAL_95 = 1.96  # standard errors


def detection_scores(of_outliers: np.ndarray, of_normal: np.ndarray, name: str) -> list[Score]:
    """Returns AUROC and average precision of a score that is higher for outliers.

    The conditions `low` and `high` bound a 95 % interval. For AUROC it follows from the standard
    error of DeLong et al.; for the average precision it has the percentiles of 1,000 bootstrap
    samples, which resample outliers and normal images separately. With fewer than two images of
    either kind there is no interval. The average precision depends on the share of outliers.

    Args:
        of_outliers: Scores of the outliers, shape (n,), at least one.
        of_normal: Scores of the normal images, shape (m,), at least one.
        name: Name of the detector, which becomes part of the scores' names.
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
        batch=1,  # All resamples at once would need 1,000 times the memory.
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

    A tie counts half. The share is the area under the ROC curve. Its standard error follows DeLong,
    DeLong and Clarke-Pearson (1988); it is None if a sample has fewer than two values.

    Args:
        higher: Shape (n,), at least one.
        lower: Shape (m,), at least one.
    """
    n, m = len(higher), len(lower)
    ranks = scipy.stats.rankdata(np.concatenate([higher, lower]))
    # For each value, the share of the other sample that it is above, or below.
    above = (ranks[:n] - scipy.stats.rankdata(higher)) / m
    below = 1 - (ranks[n:] - scipy.stats.rankdata(lower)) / n
    error = None
    if min(n, m) > 1:
        error = float(np.sqrt(above.var(ddof=1) / n + below.var(ddof=1) / m))
    return float(above.mean()), error
