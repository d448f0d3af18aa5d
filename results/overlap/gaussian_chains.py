"""Chains of Gaussian rungs, and their best discriminator.

A rung of the block-wise and of the radial intervention is T_k(z) = a_k z + b_k n with n ~ N(0, I),
and a_k and b_k are equal within each block of coordinates. So codes from N(μ, σ² I) with equal μ
have Gaussian rungs, whose best discriminator is known (Theorem 2). It depends on a point
only through each block's mean and sum of squares, so these are sampled instead of points.
"""

from typing import NamedTuple

import numpy as np
import scipy.special


class Chain(NamedTuple):
    """The rungs T_k(z) = a_k z + b_k n of an intervention on blocks of coordinates.

    Attributes:
        of_code: a, shape (t+1, number of blocks).
        of_noise: b, shape (t+1, number of blocks).
        size: Coordinates of each block.
    """

    of_code: np.ndarray
    of_noise: np.ndarray
    size: int


def blockwise(t: int, d: int) -> Chain:
    """Returns the chain that replaces the first k of t equal blocks; at t = 1 the AAE's chain.

    Args:
        t: Number of bridges, a divisor of d.
        d: Dimension of the codes.
    """
    is_replaced = np.arange(t) < np.arange(t + 1)[:, np.newaxis]
    return Chain(1.0 - is_replaced, 1.0 * is_replaced, d // t)


def radial(t: int, d: int) -> Chain:
    """Returns the chain z cos(kπ/2t) + n sin(kπ/2t), whose only block is the code."""
    angles = np.linspace(0, np.pi / 2, t + 1)[:, np.newaxis]
    return Chain(np.cos(angles), np.sin(angles), d)


class Points(NamedTuple):
    """Points by their blocks.

    Attributes:
        mean: Mean of each block, shape (n, number of blocks).
        squares: Sum of squares of each block, shape (n, number of blocks).
    """

    mean: np.ndarray
    squares: np.ndarray


class Rungs:
    """The rungs of codes from N((mean, …, mean), scale² I).

    Args:
        chain: A chain.
        mean: Each coordinate of the mean of the codes.
        scale: Standard deviation of the codes, above 0.
    """

    def __init__(self, chain: Chain, mean: float, scale: float):
        self.chain = chain
        self.means = chain.of_code * mean
        self.variances = (chain.of_code * scale) ** 2 + chain.of_noise**2

    def sample(self, k: int, num_points: int, random: np.random.Generator) -> Points:
        """Returns points of rung k."""
        size, shape = self.chain.size, (num_points, self.means.shape[1])
        mean = self.means[k] + np.sqrt(self.variances[k] / size) * random.normal(size=shape)
        # About the mean of a block, squares are χ² with one degree of freedom less.
        scatter = 2 * self.variances[k] * random.standard_gamma((size - 1) / 2, shape)
        return Points(mean, scatter + size * mean**2)

    def log_posterior(self, points: Points) -> np.ndarray:
        """Returns log D_k of the best discriminator at points, shape (n, t+1)."""
        size = self.chain.size
        # log p_k, except for a term that all k share.
        logits = size * points.mean @ (self.means / self.variances).T
        logits -= points.squares @ (0.5 / self.variances).T
        constants = self.means**2 / self.variances + np.log(self.variances)
        return scipy.special.log_softmax(logits - size * constants.sum(axis=1) / 2, axis=1)


def best_cross_entropy(rungs: Rungs, num_points: int) -> tuple[float, float]:
    """Returns the cross-entropy of the best discriminator, divided by log(t+1).

    Args:
        rungs: Rungs 0 to t.
        num_points: Points of each rung.

    Returns:
        The cross-entropy, by Monte Carlo with a fixed seed, and its standard error.
    """
    random = np.random.default_rng(0)
    num_rungs = len(rungs.means)
    losses = np.array(
        [
            -rungs.log_posterior(rungs.sample(k, num_points, random))[:, k] / np.log(num_rungs)
            for k in range(num_rungs)
        ]
    )
    error = np.sqrt(losses.var(axis=1).sum() / num_points) / num_rungs
    return float(losses.mean()), float(error)


def mean_pull(rungs: Rungs, num_points: int) -> np.ndarray:
    """Returns the mean gradient of the encoder's loss for a coordinate of each block of a code.

    The loss is −log D_t(T_k(z)), averaged over k < t, with the best discriminator.
    """
    random = np.random.default_rng(0)
    pulls = []
    for k, of_code in enumerate(rungs.chain.of_code[:-1]):
        points = rungs.sample(k, num_points, random)
        posterior = np.exp(rungs.log_posterior(points))
        # ∇ log p_k(x) = (mean_k − x) / variance_k, and the prior's gradient is −x.
        precision = posterior @ (1 / rungs.variances)
        gradient = posterior @ (rungs.means / rungs.variances) + (1 - precision) * points.mean
        pulls.append(of_code * gradient.mean(axis=0))
    return np.mean(pulls, axis=0)


def spread_pull(rungs: Rungs, num_points: int) -> np.ndarray:
    """Returns how hard the encoder's loss pulls codes around 0 apart, for each block of a code.

    This is −E[∂loss/∂z · z] / E[z²] in a coordinate, with the loss of `mean_pull`.

    Args:
        rungs: The rungs of codes from N(0, σ² I).
        num_points: Points of each rung.
    """
    random = np.random.default_rng(0)
    pulls = []
    for k, of_code in enumerate(rungs.chain.of_code[:-1]):
        points = rungs.sample(k, num_points, random)
        precision = np.exp(rungs.log_posterior(points)) @ (1 / rungs.variances)
        along = ((precision - 1) * points.squares).mean(axis=0) / rungs.chain.size
        pulls.append(of_code**2 / rungs.variances[k] * along)  # E[z | x] = a σ² x / variance
    return np.mean(pulls, axis=0)
