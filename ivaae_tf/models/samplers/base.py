"""Base class of samplers, the prior, names of signatures, and seeds of batches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import tensorflow as tf

from ivaae_tf.layers import priors
from ivaae_tf.metrics.score import Condition
from ivaae_tf.program.errors import UserError


class Sampler(tf.Module):
    """Samples codes (n, d) of new images if called with a count n and an integer seed.

    Args:
        name: Name of the sampler in flags, scores and signatures.
        conditions: Further conditions of its scores.

    Example:
        >>> class Origin(Sampler):
        ...     def __call__(self, num_codes, seed):
        ...         return tf.zeros([num_codes, 4])
        >>> Origin("origin")(2, seed=0).shape
        TensorShape([2, 4])
    """

    class_names: tuple[str, ...] = ()  # of the classes whose codes it can sample

    def __init__(self, name: str, conditions: Mapping[str, int] | None = None):
        super().__init__(name=name)
        self.conditions: dict[str, Condition] = {"sampler": name, **(conditions or {})}

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of only the seed."""
        raise NotImplementedError

    def decode(self, model: Any, z: tf.Tensor, seed: int) -> tf.Tensor:
        """Returns a model's images of codes that were sampled with a seed."""
        del seed
        return model.decode(z)

    def of_class(self, index: int | tf.Tensor) -> "Sampler":
        """Returns the sampler of the codes of a class, the number of one of `class_names`."""
        raise NotImplementedError

    def of_label(self, label: str | int) -> "Sampler":
        """Returns the sampler of the codes of the class with a name.

        Raises:
            UserError: If there is none.
        """
        names = self.class_names
        if str(label) not in names:
            expected = f"one of {', '.join(names)}" if names else f"none with sampler {self.name}"
            raise UserError(f"label must be {expected}; found {label}")
        return self.of_class(names.index(str(label)))


class Prior(Sampler):
    """Samples codes from the prior of a model.

    Args:
        prior: The prior, such as the model's.
        class_names: Names of the classes that its components or categories belong to, if they do.

    Example:
        >>> Prior(priors.GaussianPrior(latent_dim=4))(2, seed=0).shape
        TensorShape([2, 4])

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes:
        https://arxiv.org/abs/1312.6114
    """

    def __init__(self, prior: priors.Prior, class_names: Sequence[str] = ()):
        super().__init__("prior")
        self._prior = prior
        self.class_names = tuple(class_names)

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of only the seed."""
        return self._prior.draw(num_codes, seed)

    def of_class(self, index: int | tf.Tensor) -> Sampler:
        """Returns the sampler of the component or category of a class."""
        prior = cast(priors.ComponentPrior, self._prior)
        return Prior(prior.with_weights(tf.one_hot([index], len(self.class_names))))


def signatures(exported: Sequence[Sampler]) -> dict[str, Sampler]:
    """Returns the samplers by the names of their signatures in a SavedModel.

    Each has a signature with its name, such as `sample_gmm`, and the first one is also `sample`.
    """
    return {"sample": exported[0], **{f"sample_{each.name}": each for each in exported}}


def batch_seeds(seed: int, num_images: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """Yields (size, seed) of batches of `num_images` in total, each with its own seed.

    Batches of different `seed` have different seeds, even if the seeds are adjacent.
    """
    sizes = [batch_size] * (num_images // batch_size)
    if num_images % batch_size:
        sizes.append(num_images % batch_size)
    seeds = np.random.SeedSequence(seed).generate_state(len(sizes)).astype(np.int32)
    yield from zip(sizes, seeds.tolist(), strict=True)
