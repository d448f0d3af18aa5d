"""Samplers of codes for new images: the prior, or a mixture of training codes."""

import dataclasses
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from sklearn.mixture import GaussianMixture

from ivaae_tf.metrics.score import Condition
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

tfd = tfp.distributions

SAMPLERS = ("prior", "gmm")

_MAX_ITERATIONS = 2000  # of expectation maximization, as Ghosh et al. (2020) take


def signature_name(name: str) -> str:
    """Returns the name of a sampler's signature in a SavedModel."""
    return "sample" if name == "prior" else f"sample_{name}"


class Sampler(tf.Module):
    """Draws codes (n, d) if called with a count n and an integer seed.

    Args:
        distribution: Distribution of a code of dimension d.
        name: Name of the sampler in scores and signatures.
        conditions: Further conditions of its scores.
    """

    def __init__(
        self,
        distribution: tfp.distributions.Distribution,
        name: str,
        conditions: Mapping[str, int] | None = None,
    ):
        super().__init__(name=name)
        self.distribution = distribution
        self.conditions: dict[str, Condition] = {"sampler": name, **(conditions or {})}

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of the seed alone."""
        return self.distribution.sample(num_codes, seed=tf.stack([seed, 0]))


def prior(latent_dim: int) -> Sampler:
    """Returns the sampler of the prior N(0, I)."""
    return Sampler(tfd.MultivariateNormalDiag(loc=tf.zeros(latent_dim)), "prior")


@dataclasses.dataclass(frozen=True)
class FittedMixture:
    """A Gaussian mixture of k components with full covariances, and its origin.

    Attributes:
        weights: Shape (k,).
        means: Shape (k, d).
        covariances: Shape (k, d, d).
        num_codes: Number of codes that it was fitted to.
        epoch: Number of epochs after which the codes were computed.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    num_codes: int
    epoch: int

    def sampler(self) -> Sampler:
        """Returns the sampler of the mixture."""
        distribution = tfd.MixtureSameFamily(
            tfd.Categorical(probs=tf.constant(self.weights, tf.float32)),
            tfd.MultivariateNormalTriL(
                loc=tf.constant(self.means, tf.float32),
                scale_tril=tf.constant(np.linalg.cholesky(self.covariances), tf.float32),
            ),
        )
        fitted = {"num_components": len(self.weights), "num_fitted_codes": self.num_codes}
        return Sampler(distribution, "gmm", fitted)


def fit_mixture(codes: np.ndarray, num_components: int, seed: int, epoch: int) -> FittedMixture:
    """Returns a Gaussian mixture fitted to codes (n, d) of an epoch.

    Sampling from it instead of the prior is the ex-post density estimation of Ghosh et al. (2020),
    who use 10 components.

    Raises:
        UserError: If there are fewer codes than components.
    """
    if len(codes) < num_components:
        raise UserError(
            f"--num_components must be at most the {len(codes)} codes; found {num_components}"
        )
    mixture = GaussianMixture(num_components, max_iter=_MAX_ITERATIONS, random_state=seed)
    mixture.fit(codes.astype(np.float64))
    return FittedMixture(
        mixture.weights_, mixture.means_, mixture.covariances_, num_codes=len(codes), epoch=epoch
    )


def in_training(name: str, codes: Sequence[np.ndarray], epoch: int) -> Sampler:
    """Returns the sampler that shows and judges a model while it trains.

    Args:
        name: A name of `SAMPLERS`; a mixture has one component here, which is fast to fit.
        codes: Codes of the model, in batches (n, d), at least one.
        epoch: Number of epochs that it was trained for.
    """
    if name == "prior":
        return prior(codes[0].shape[1])
    return fit_mixture(np.concatenate(codes), 1, seed=0, epoch=epoch).sampler()


def save_mixture(path: Path, mixture: FittedMixture) -> None:
    """Writes the mixture as .npz, with an array for each field."""
    with replace_when_complete(path) as temporary:
        np.savez(temporary, **dataclasses.asdict(mixture))


def load_mixture(path: Path, epoch: int) -> FittedMixture:
    """Returns the mixture in a file that `save_mixture` wrote.

    Raises:
        UserError: If it is missing, damaged or fitted to the codes of another epoch.
    """
    advice = "`ivaae evaluate --sampler=gmm` fits one"
    if not path.exists():
        raise UserError(f"--sampler=gmm: no mixture in {path}; {advice}")
    try:
        with np.load(path) as arrays:
            # Version 0.1.0 called the epoch a step.
            stored = {"epoch" if name == "step" else name: array for name, array in arrays.items()}
        fields = {field.name: stored[field.name] for field in dataclasses.fields(FittedMixture)}
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"--sampler=gmm: {path} is damaged; {advice}") from error
    counts = {name: int(fields[name]) for name in ("num_codes", "epoch")}
    mixture = FittedMixture(**{**fields, **counts})
    if mixture.epoch != epoch:
        raise UserError(
            f"--sampler=gmm: {path} was fitted after {mixture.epoch} epochs, the checkpoint is of "
            f"{epoch}; {advice}"
        )
    return mixture


def batch_seeds(seed: int, num_images: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """Yields (size, seed) of batches of `num_images` in total, each with its own seed.

    Batches of different `seed` do not have a seed in common, also if the seeds are adjacent.
    """
    sizes = [batch_size] * (num_images // batch_size)
    if num_images % batch_size:
        sizes.append(num_images % batch_size)
    seeds = np.random.SeedSequence(seed).generate_state(len(sizes)).astype(np.int32)
    yield from zip(sizes, seeds.tolist(), strict=True)
