"""Kernel distance (KID): the unbiased squared maximum mean discrepancy (MMD)."""

from typing import NamedTuple

import numpy as np


class KernelDistance(NamedTuple):
    """The distance, its standard error, and the subsets that it was computed on."""

    value: float
    standard_error: float
    num_subsets: int
    subset_size: int


def kernel_distance(
    first: np.ndarray,
    second: np.ndarray,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> KernelDistance:
    """Returns the unbiased squared MMD under (xᵀy/d + 1)³, a mean over random subsets.

    Bińkowski et al. (2018), section 4, with the unbiased estimator of Gretton et al. (2012),
    equation 3. It may be negative: for equal distributions its mean is 0, not each value.

    The standard error describes the mean as an estimate for the two populations. Subsets of m of
    the same n features overlap, so the usual s/√num_subsets is too small. The mean over all subsets
    still varies by V·m/n, as an estimate on n features does. V is the variance of one subset of
    new features, and s² estimates V·(1 − m/n) (the finite population correction). Hence
    SE² = s²·(m/n)/(1 − m/n) + s²/num_subsets. For equal distributions this is too large, because
    the variance falls faster than 1/n.

    Args:
        first: Features, shape (n₁, d), n₁ at least 4.
        second: Features, shape (n₂, d), n₂ at least 4.
        num_subsets: Number of subsets, at least 2.
        subset_size: Number m of features of each set in a subset, at least 2. At most half of the
            smaller set is used, which does not change the expectation.
        seed: Seed of the subsets.

    Returns:
        The distance; nan if a feature is not finite.

    Raises:
        ValueError: If the shapes do not match, or there are too few features or subsets.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"Features must be (n, d). Received: {first.shape}, {second.shape}")
    smaller = min(len(first), len(second))
    if smaller < 4 or num_subsets < 2 or subset_size < 2:
        raise ValueError(
            "There must be at least 4 features of each, 2 subsets and a subset size of 2. "
            f"Received: {smaller}, {num_subsets} and {subset_size}"
        )
    size = min(subset_size, smaller // 2)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return KernelDistance(float("nan"), float("nan"), num_subsets, size)
    random = np.random.default_rng(seed)
    estimates = [
        _squared_discrepancy(_subset(first, size, random), _subset(second, size, random))
        for _ in range(num_subsets)
    ]
    fraction = size / smaller
    factor = fraction / (1 - fraction) + 1 / num_subsets
    error = np.sqrt(np.var(estimates, ddof=1) * factor)
    return KernelDistance(float(np.mean(estimates)), float(error), num_subsets, size)


def _subset(features: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    chosen = features[random.choice(len(features), size, replace=False)]
    return chosen.astype(np.float64) / np.sqrt(features.shape[1])


def _squared_discrepancy(first: np.ndarray, second: np.ndarray) -> float:
    pairs = len(first) * (len(first) - 1)
    within = sum(np.sum(kernel) - np.trace(kernel) for kernel in map(_kernel, (first, second)))
    return within / pairs - 2 * _kernel(first, second).mean()


def _kernel(first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    """Returns (xᵀy + 1)³ of features already divided by √d."""
    base = first @ (first if second is None else second).T
    base += 1
    return base * base * base
