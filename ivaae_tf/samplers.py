"""Where the codes of new images come from: the prior, or a mixture fitted to the training codes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from sklearn.mixture import GaussianMixture

from pipelines.atomic import replace_when_complete
from pipelines.command_line import UserError

tfd = tfp.distributions

NAMES = ("prior", "gmm")


def signature(name: str) -> str:
    """Returns the name of a sampler's signature in a SavedModel."""
    return "sample" if name == "prior" else f"sample_{name}"


class Sampler(tf.Module):
    """Draws codes: called with a count n and an integer seed it returns codes (n, d).

    Args:
        distribution: Of a code of dimension d.
        name: What the sampler is called in scores and signatures.
    """

    def __init__(self, distribution: tfd.Distribution, name: str):
        super().__init__(name=name)
        self.distribution = distribution

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes (n, d), a function of the seed alone."""
        return self.distribution.sample(num_codes, seed=tf.stack([seed, 0]))


def prior(latent_dim: int) -> Sampler:
    """Returns the sampler of the prior N(0, I)."""
    return Sampler(tfd.MultivariateNormalDiag(loc=tf.zeros(latent_dim)), "prior")


def gaussian_mixture(mixture: GaussianMixture) -> Sampler:
    """Returns the sampler of a mixture that scikit-learn fitted with full covariances."""
    cholesky = np.linalg.cholesky(mixture.covariances_)
    distribution = tfd.MixtureSameFamily(
        tfd.Categorical(probs=tf.constant(mixture.weights_, tf.float32)),
        tfd.MultivariateNormalTriL(
            loc=tf.constant(mixture.means_, tf.float32),
            scale_tril=tf.constant(cholesky, tf.float32),
        ),
    )
    return Sampler(distribution, "gmm")


def fit_gaussian_mixture(codes: np.ndarray, num_components: int, seed: int) -> GaussianMixture:
    """Returns a Gaussian mixture with full covariances, fitted to codes (n, d).

    Sampling from it instead of the prior is the ex-post density estimation of Ghosh et al. (2020),
    who use 10 components.
    """
    mixture = GaussianMixture(num_components, random_state=seed)
    return mixture.fit(codes.astype(np.float64))


def save_gaussian_mixture(path: Path, mixture: GaussianMixture, step: int) -> None:
    """Writes the mixture's parameters, .npz, and the epoch whose codes it was fitted to."""
    with replace_when_complete(path) as temporary:
        np.savez(
            temporary,
            weights=mixture.weights_,
            means=mixture.means_,
            covariances=mixture.covariances_,
            step=step,
        )


def load_gaussian_mixture(path: Path, step: int) -> GaussianMixture:
    """Returns the mixture in a file that `save_gaussian_mixture` wrote.

    Raises:
        UserError: If there is none, or it was fitted to the codes of another epoch than `step`.
    """
    advice = "`python -m ivaae_tf.evaluate --sampler=gmm` fits one"
    if not path.exists():
        raise UserError(f"--sampler=gmm: no mixture in {path}; {advice}")
    with np.load(path) as parameters:
        if parameters["step"] != step:
            raise UserError(
                f"--sampler=gmm: {path} was fitted after {parameters['step']} epochs, the "
                f"checkpoint is of {step}; {advice}"
            )
        mixture = GaussianMixture(len(parameters["weights"]))
        mixture.weights_ = parameters["weights"]
        mixture.means_ = parameters["means"]
        mixture.covariances_ = parameters["covariances"]
    return mixture


def batch_seeds(seed: int, num_images: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """Yields (size, seed) of batches that hold `num_images` in all, each with its own seed.

    Two seeds, even neighbours, have no batch in common.
    """
    sizes = [batch_size] * (num_images // batch_size)
    if num_images % batch_size:
        sizes.append(num_images % batch_size)
    seeds = np.random.SeedSequence(seed).generate_state(len(sizes)).astype(np.int32)
    yield from zip(sizes, seeds.tolist(), strict=True)
