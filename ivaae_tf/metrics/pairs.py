"""How often a value of one sample is higher than one of another."""

import numpy as np
import scipy.stats


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
