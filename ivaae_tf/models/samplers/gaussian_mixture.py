"""Gaussian mixture of the training codes, as a sampler of codes."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import tensorflow as tf

from ivaae_tf.models.samplers.base import Sampler
from ivaae_tf.program import stored_arrays
from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError

_MAX_ITERATIONS = 2000  # of expectation maximization, as in Ghosh et al. (2020)


class GaussianMixture(Sampler):
    """Samples codes from a mixture of k Gaussians with full covariances.

    Sampling from it instead of the prior is the ex-post density estimation of Ghosh et al. (2020),
    who use 10 components.

    Args:
        weights: Shape (k,).
        means: Shape (k, d).
        covariances: Shape (k, d, d).
        num_codes: Number of codes that it was fitted to.
        epoch: Number of epochs after which the codes were computed.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(100, 4))
        >>> mixture = GaussianMixture.fit(codes, num_components=2, seed=0, epoch=1)
        >>> mixture(3, seed=0).shape
        TensorShape([3, 4])

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders:
        https://arxiv.org/abs/1903.12436
    """

    sampler = "gmm"  # its name

    def __init__(
        self,
        weights: np.ndarray,
        means: np.ndarray,
        covariances: np.ndarray,
        num_codes: int,
        epoch: int,
    ):
        fitted = {"num_components": len(weights), "num_fitted_codes": num_codes}
        super().__init__(self.sampler, fitted)
        self.weights = weights
        self.means = means
        self.covariances = covariances
        self.num_codes = num_codes
        self.epoch = epoch
        self._factors = np.linalg.cholesky(covariances)
        self._distribution = self.distribution(tf.constant(weights, tf.float32))

    def distribution(self, weights: tf.Tensor) -> Any:
        """Returns the mixture with other weights (k,), as a distribution of codes."""
        from tensorflow_probability import distributions as tfd  # takes a second

        return tfd.MixtureSameFamily(
            tfd.Categorical(probs=weights),
            tfd.MultivariateNormalTriL(
                loc=tf.constant(self.means, tf.float32),
                scale_tril=tf.constant(self._factors, tf.float32),
            ),
        )

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of only the seed."""
        return self._distribution.sample(num_codes, seed=tf.stack([seed, 0]))

    def energy(self, z: tf.Tensor) -> tf.Tensor:
        """Returns −log density of codes (n, d), nats, shape (n,)."""
        return -self._distribution.log_prob(z)

    @classmethod
    def fit(
        cls, codes: np.ndarray, num_components: int, seed: int, epoch: int
    ) -> "GaussianMixture":
        """Returns a mixture fitted to the codes (n, d) of an epoch.

        Raises:
            UserError: If there are fewer codes than components, or one is not finite.
        """
        import sklearn.exceptions  # takes a tenth of a second
        import sklearn.mixture

        if not np.isfinite(codes).all():
            raise UserError("--sampler=gmm: a code is not finite: the model has diverged")
        if len(codes) < num_components:
            raise UserError(
                f"--num_components must be at most the {len(codes)} codes; found {num_components}"
            )
        mixture = sklearn.mixture.GaussianMixture(
            num_components, max_iter=_MAX_ITERATIONS, random_state=seed
        )
        with warnings.catch_warnings():
            # With fewer different codes than components, as of copied images, some are empty.
            warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
            # scikit-learn rejects a single code; two equal codes have the same Gaussian.
            several = np.resize(codes, (max(len(codes), 2), *codes.shape[1:]))
            mixture.fit(several.astype(np.float64))
        return cls(mixture.weights_, mixture.means_, mixture.covariances_, len(codes), epoch)

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        names = ("weights", "means", "covariances", "num_codes", "epoch")
        return {name: getattr(self, name) for name in names}

    def save(self, path: Path) -> None:
        """Writes the mixture as .npz, with an array for each argument."""
        stored_arrays.save(path, **self.arguments())

    @classmethod
    def load(cls, path: Path, epoch: int, latent_dim: int) -> Self:
        """Returns the mixture in a file that `save` wrote.

        Raises:
            UserError: If it is missing, damaged or fitted to codes of another epoch or dimension.
        """
        flag = f"--sampler={cls.sampler}"
        advice = f"`ivaae evaluate {flag}` fits one"
        if not path.exists():
            raise UserError(f"{flag}: no mixture in {path}; {advice}")
        try:
            mixture = cls.read(path)
        except DamagedFileError as error:
            raise UserError(f"{flag}: {error}; {advice}") from error
        if mixture.epoch != epoch:
            raise UserError(
                f"{flag}: {path} was fitted after {mixture.epoch} epochs, the checkpoint is "
                f"of {epoch}; {advice}"
            )
        if mixture.means.shape[1] != latent_dim:
            raise UserError(
                f"{flag}: {path} is of codes of dimension {mixture.means.shape[1]}, "
                f"expected {latent_dim}, as the model has; {advice}"
            )
        return mixture

    @classmethod
    def read(cls, path: Path) -> Self:
        """Returns the mixture in a file; files of version 0.1.0 have no digest.

        Raises:
            DamagedFileError: If it does not hold a mixture.
        """
        arrays = stored_arrays.load(path, needs_digest=False)
        with parsing(path, TypeError):  # NumPy raises it for arrays of other types and shapes.
            # Version 0.1.0 called the epoch a step.
            stored = {"epoch" if name == "step" else name: each for name, each in arrays.items()}
            return cls(**cls._checked(path, stored))

    @classmethod
    def _checked(cls, path: Path, stored: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Returns the arguments of the constructor from the arrays of a file.

        Raises:
            DamagedFileError: If they are not of a mixture.
        """
        numbers = [array for array in stored.values() if array.dtype.kind != "U"]
        if not all(np.isfinite(array).all() for array in numbers):
            raise DamagedFileError(path, "a number in it is not finite")
        weights, means, covariances = (stored[name] for name in ("weights", "means", "covariances"))
        k, d = means.shape
        if (weights.shape, covariances.shape) != ((k,), (k, d, d)) or min(k, d) < 1:
            shapes = f"{weights.shape}, {means.shape} and {covariances.shape}"
            raise DamagedFileError(
                path, f"its weights, means and covariances are of shapes {shapes}"
            )
        if weights.min() < 0 or abs(weights.sum() - 1) > 1e-6:
            raise DamagedFileError(
                path, f"its weights sum to {weights.sum():g}; expected at least 0 each, sum 1"
            )
        return {
            "weights": weights,
            "means": means,
            "covariances": covariances,
            "num_codes": int(stored["num_codes"]),
            "epoch": int(stored["epoch"]),
        }
