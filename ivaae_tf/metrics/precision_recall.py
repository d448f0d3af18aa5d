"""Improved precision and recall: fidelity and coverage as two numbers."""

from typing import NamedTuple

import numpy as np
import sklearn
from sklearn.metrics import pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors

_WORKING_MEMORY_MIB = 128


class PrecisionRecall(NamedTuple):
    """Shares in [0, 1] and their binomial standard errors, for a fixed other set."""

    precision: float
    precision_error: float
    recall: float
    recall_error: float


def precision_recall(
    real: np.ndarray, generated: np.ndarray, num_neighbors: int = 3
) -> PrecisionRecall:
    """Returns improved precision and recall of generated features.

    Kynkäänniemi et al. (2019), equations 1 and 2: a set's manifold is the union of balls around
    its features. Each ball reaches to the feature's k-th nearest other feature of the set.
    Precision is the share of generated features in the manifold of the real ones. Recall is the
    share of real features in the manifold of the generated ones. Both depend on the counts, so
    compare only scores with the same counts. Distances are computed in blocks of bounded memory.

    Args:
        real: Features, shape (n, d).
        generated: Features, shape (m, d).
        num_neighbors: Number k of neighbors; each set needs more features than this.

    Returns:
        The shares and their errors; all are nan if a feature is not finite.

    Raises:
        ValueError: If the shapes do not fit or a set is too small.
    """
    if real.ndim != 2 or generated.ndim != 2 or real.shape[1] != generated.shape[1]:
        raise ValueError(f"Features must be (n, d). Received: {real.shape} and {generated.shape}")
    if num_neighbors < 1 or min(len(real), len(generated)) <= num_neighbors:
        raise ValueError(
            "num_neighbors must be at least 1 and below both numbers of features. "
            f"Received: {num_neighbors}, {len(real)} and {len(generated)}"
        )
    if not (np.isfinite(real).all() and np.isfinite(generated).all()):
        return PrecisionRecall(*[float("nan")] * 4)
    # Distances do not depend on the origin, but the x² − 2xy + y² of scikit-learn loses digits.
    origin = real.mean(axis=0, dtype=np.float64)
    real, generated = real - origin, generated - origin
    precision = _share_within(generated, real, num_neighbors)
    recall = _share_within(real, generated, num_neighbors)
    return PrecisionRecall(
        precision,
        _binomial_error(precision, len(generated)),
        recall,
        _binomial_error(recall, len(real)),
    )


def _share_within(points: np.ndarray, manifold: np.ndarray, num_neighbors: int) -> float:
    neighbors = NearestNeighbors(n_neighbors=num_neighbors, algorithm="brute").fit(manifold)
    with sklearn.config_context(working_memory=_WORKING_MEMORY_MIB):
        # Without an argument, a feature is not its own neighbor.
        radii = neighbors.kneighbors()[0][:, -1]
        inside = pairwise_distances_chunked(
            points, manifold, reduce_func=lambda block, _: (block <= radii).any(axis=1)
        )
        return float(np.mean(np.concatenate(list(inside))))


def _binomial_error(share: float, count: int) -> float:
    return float(np.sqrt(share * (1 - share) / count))
