"""Improved precision and recall: separate scores of fidelity and coverage."""

from typing import NamedTuple

import numpy as np

from ivaae_tf.metrics.distances import relative_rounding, squared_distances


class PrecisionRecall(NamedTuple):
    """Shares in [0, 1] with binomial standard errors, each for a fixed other set."""

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
        ValueError: If the shapes do not match or a set is too small.
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
    (real, of_real), (generated, of_generated) = map(_distinct, (real, generated))
    real_radii = _squared_radii(real, of_real, num_neighbors)
    generated_radii = _squared_radii(generated, of_generated, num_neighbors)
    is_precise = np.zeros(len(generated), bool)
    is_recalled = np.zeros(len(real), bool)
    for rows, block in squared_distances(generated, real):
        is_precise[rows] = (block <= real_radii).any(axis=1)
        is_recalled |= (block <= generated_radii[rows, np.newaxis]).any(axis=0)
    precision = float(np.average(is_precise, weights=of_generated))
    recall = float(np.average(is_recalled, weights=of_real))
    return PrecisionRecall(
        precision,
        _binomial_error(precision, of_generated.sum()),
        recall,
        _binomial_error(recall, of_real.sum()),
    )


def _distinct(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distinct features and how often each occurs."""
    rows = np.ascontiguousarray(features) + 0  # −0 becomes 0.
    whole = rows.view(np.dtype((np.void, rows.strides[0])))[:, 0]
    _, first, counts = np.unique(whole, return_index=True, return_counts=True)
    return rows[first], counts


def _squared_radii(features: np.ndarray, counts: np.ndarray, num_neighbors: int) -> np.ndarray:
    """Returns the squared distance of each distinct feature to its k-th nearest other feature.

    It is rounded up, so that a feature at exactly this distance is within it.
    """
    radii = np.empty(len(features))
    needed = num_neighbors + 1  # The feature itself is at the distance 0.
    for rows, block in squared_distances(features, features):
        nearest = np.argpartition(block, min(needed, block.shape[1]) - 1, axis=1)[:, :needed]
        distances = np.take_along_axis(block, nearest, axis=1)
        order = np.argsort(distances, axis=1)
        nearest, distances = (np.take_along_axis(x, order, axis=1) for x in (nearest, distances))
        last = np.argmax(np.cumsum(counts[nearest], axis=1) >= needed, axis=1, keepdims=True)
        radii[rows] = np.take_along_axis(distances, last, axis=1)[:, 0]
    return radii * (1 + relative_rounding(features.shape[1]))


def _binomial_error(share: float, count: int) -> float:
    return float(np.sqrt(share * (1 - share) / count))
