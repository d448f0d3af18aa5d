"""Euclidean distances between features, from a matrix product without its cancellation error."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

_BLOCK_BYTES = 2**26
# Below this share of |x|² + |y|², |x|² − 2xy + |y|² loses digits: differences are squared instead.
_CANCELS = 1e-4


def relative_rounding(num_features: int) -> float:
    """Returns the relative difference that rounding can make between equal squared distances.

    A dot product of d numbers is off by at most d·ε/2 · |x|·|y| (Higham, 2002, section 3.1), and
    a squared distance that is not computed from differences is at least `_CANCELS` (|x|² + |y|²).
    """
    return float(4 * num_features * np.finfo(np.float64).eps / _CANCELS)


def squared_distances(points: np.ndarray, others: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields squared distances in blocks of bounded memory.

    Their relative error is small at any distance from the origin, and the distance between equal
    features is exactly 0.

    Args:
        points: Finite features, shape (n, d).
        others: Finite features, shape (m, d).

    Yields:
        A slice of the points, and the squared distances of these points to the others, float64,
        shape (length of the slice, m).
    """
    points, others = np.asarray(points, np.float64), np.asarray(others, np.float64)
    origin = others.mean(axis=0)
    centered = others - origin
    squares = np.einsum("ij,ij->i", centered, centered)
    size = max(1, _BLOCK_BYTES // (8 * max(others.shape)))
    for start in range(0, len(points), size):
        rows = slice(start, start + size)
        block = points[rows] - origin
        sums = np.einsum("ij,ij->i", block, block)[:, np.newaxis] + squares
        result = block @ centered.T
        result *= -2
        result += sums
        sums *= _CANCELS
        cancels = result <= sums
        for i in np.flatnonzero(cancels.any(axis=1)):
            near = np.flatnonzero(cancels[i])
            result[i, near] = cdist(points[np.newaxis, start + i], others[near], "sqeuclidean")
        yield rows, result
