"""The squared Fréchet distance of two Gaussians, and its standard error."""

import numpy as np

from ivaae_tf.metrics.gaussian_statistics import Gaussian, GaussianStatistics, spectrum


def frechet_distance(
    first: Gaussian | GaussianStatistics, second: Gaussian | GaussianStatistics
) -> float:
    """Returns the squared Fréchet (2-Wasserstein) distance of two Gaussians.

    Dowson and Landau (1982), equation 4; Heusel et al. (2017), equation 6:

        ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½)

    With factors Σᵢ = FᵢFᵢᵀ, Tr (Σ₁Σ₂)^½ is the sum of the singular values of F₁ᵀF₂. No matrix
    square root of the product is taken. Singular values, unlike roots of near-zero eigenvalues,
    keep full absolute accuracy if a covariance is rank-deficient.

    Returns:
        The distance in squared units of the features, at least 0; nan if a moment is not finite.

    Raises:
        ValueError: If the numbers of features differ.
    """
    if first.mean.shape != second.mean.shape:
        raise ValueError(
            f"Numbers of features must be equal. Received: {first.mean.size} and {second.mean.size}"
        )
    covariances = first.covariance, second.covariance
    offset = np.sum((first.mean - second.mean) ** 2)
    traces = sum(np.trace(covariance) for covariance in covariances)
    if not np.isfinite(offset + sum(np.sum(np.abs(covariance)) for covariance in covariances)):
        return float("nan")
    factors = [_factor(covariance)[0] for covariance in covariances]
    overlap = np.linalg.svd(factors[0].T @ factors[1], compute_uv=False).sum()
    return float(max(offset + traces - 2 * overlap, 0.0))


def frechet_standard_error(
    features: np.ndarray,
    scored: GaussianStatistics,
    reference: Gaussian | GaussianStatistics,
) -> float:
    """Returns the standard error of the distance over draws of the scored sample.

    The delta method: the distance is differentiable in the moments of the scored sample, with the
    influence function

        φ(x) = 2 (μ₁ − μ₂)ᵀy + yᵀ(I − T)y,  y = x − μ₁,  T = Σ₁^-½ (Σ₁^½ Σ₂ Σ₁^½)^½ Σ₁^-½

    (Rippl, Munk and Sturm, 2016, theorem 2.2), so its variance is Var φ / count. A bootstrap
    would need hundreds of decompositions. The reference is held fixed. If the two
    distributions nearly coincide, the first-order term vanishes and the estimate is too large. The
    bias of the distance, of order 1/count, is not included.

    Args:
        features: Scored features or a random part of them, shape (m, d), m at least 2.
        scored: The statistics of all scored features.
        reference: The distribution that the scored features are compared with.

    Returns:
        The standard error in the units of the distance; nan if a moment is not finite.
    """
    covariance = scored.covariance
    if not (np.isfinite(covariance).all() and np.isfinite(reference.covariance).all()):
        return float("nan")
    factor, whiten = _factor(covariance)
    transport = factor.T @ _factor(reference.covariance)[0]
    values, vectors = np.linalg.eigh(transport @ transport.T)
    # yᵀTy = Σ_k s_k (u_kᵀ Σ₁^-½ y)², with s_k and u_k the eigenpairs of (Σ₁^½ Σ₂ Σ₁^½)^½.
    projection = (whiten @ vectors) * np.maximum(values, 0) ** 0.25
    centered = np.asarray(features, np.float64) - scored.mean
    influence = (
        2 * centered @ (scored.mean - reference.mean)
        + np.sum(centered**2, axis=1)
        - np.sum((centered @ projection) ** 2, axis=1)
    )
    return float(np.std(influence, ddof=1) / np.sqrt(scored.count))


def few_samples_warning(num_samples: int, num_features: int) -> str | None:
    """Returns a warning if there are not more samples than features, or None."""
    if num_samples > num_features:
        return None
    return (
        f"{num_samples} samples of {num_features} features: the covariance has rank "
        f"{max(num_samples - 1, 0)} at most, so the Fréchet distance is biased upwards and "
        f"compares only with distances at the same count; score more than {num_features} samples"
    )


def _factor(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns F and W, each (d, rank): Σ = FFᵀ, y ↦ Wᵀy whitens on the range of Σ."""
    values, vectors = spectrum(covariance)
    roots = np.sqrt(values)
    return vectors * roots, vectors / roots
