"""Gaussian mixtures of the training codes of each class, as a sampler of codes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.models.samplers.base import Sampler
from ivaae_tf.models.samplers.gaussian_mixture import GaussianMixture
from ivaae_tf.program.damaged_files import DamagedFileError
from ivaae_tf.program.errors import UserError


class ClassMixture(GaussianMixture):
    """Samples codes from a mixture of Gaussians that was fitted to each class.

    As a whole it is the mixture of all components; a class has some of them.

    Args:
        weights: Shape (k,), for all components; their sum over a class is the share of its codes.
        means: Shape (k, d).
        covariances: Shape (k, d, d).
        num_codes: Number of codes of all classes.
        epoch: Number of epochs after which the codes were computed.
        class_names: Names of the classes.
        classes: The class of each component, shape (k,).

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(100, 4))
        >>> labels = np.arange(100) % 2
        >>> mixture = ClassMixture.fit_classes(codes, labels, ["even", "odd"], 2, seed=0, epoch=1)
        >>> mixture.of_class(1)(3, seed=0).shape
        TensorShape([3, 4])

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders:
        https://arxiv.org/abs/1903.12436
    """

    sampler = "class_gmm"

    def __init__(self, *, class_names: Sequence[str], classes: np.ndarray, **arguments: Any):
        super().__init__(**arguments)
        self.class_names = tuple(class_names)
        self.classes = classes
        self.conditions["num_components"] = int(np.bincount(classes).max())  # of a class

    def of_class(self, index: int | tf.Tensor) -> Sampler:
        """Returns the sampler of the codes of a class."""
        weights = tf.where(self.classes == index, tf.constant(self.weights, tf.float32), 0.0)
        distribution = self.distribution(weights / tf.reduce_sum(weights))
        return _OfClass(self, distribution)

    @classmethod
    def fit_classes(
        cls,
        codes: np.ndarray,
        labels: np.ndarray,
        class_names: Sequence[str],
        num_components: int,
        seed: int,
        epoch: int,
    ) -> "ClassMixture":
        """Returns the mixtures of the classes that have codes.

        Args:
            codes: Shape (n, d).
            labels: Numbers of their classes, shape (n,); −1 for none, which is ignored.
            class_names: The names of the classes.
            num_components: Components of each class, or the number of its codes if it has fewer.
            seed: Seed of the fits.
            epoch: Number of epochs after which the codes were computed.

        Raises:
            UserError: If no code has a class, or one is not finite.
        """
        found = [index for index in range(len(class_names)) if np.any(labels == index)]
        if not found:
            raise UserError("--sampler=class_gmm: none of the encoded images has a label")
        mixtures = [
            GaussianMixture.fit(of_class, min(num_components, len(of_class)), seed, epoch)
            for of_class in (codes[labels == index] for index in found)
        ]
        num_codes = sum(each.num_codes for each in mixtures)
        return cls(
            weights=np.concatenate(
                [each.weights * each.num_codes / num_codes for each in mixtures]
            ),
            means=np.concatenate([each.means for each in mixtures]),
            covariances=np.concatenate([each.covariances for each in mixtures]),
            num_codes=num_codes,
            epoch=epoch,
            class_names=[class_names[index] for index in found],
            classes=np.repeat(np.arange(len(found)), [len(each.weights) for each in mixtures]),
        )

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        names = np.array(self.class_names)
        return {**super().arguments(), "class_names": names, "classes": self.classes}

    @classmethod
    def _checked(cls, path: Path, stored: Mapping[str, np.ndarray]) -> dict[str, Any]:
        arguments = super()._checked(path, stored)
        names, classes = stored["class_names"], stored["classes"]
        numbers = sorted(set(classes.tolist()))
        if names.dtype.kind != "U" or classes.shape != arguments["weights"].shape:
            raise DamagedFileError(path, "its names are not text, or its components lack a class")
        if numbers != list(range(len(names))) or len(set(names.tolist())) < len(names):
            raise DamagedFileError(
                path, f"it has {len(names)} names and the classes {numbers}; expected each once"
            )
        return {**arguments, "class_names": names.tolist(), "classes": classes}


class _OfClass(Sampler):
    def __init__(self, mixture: ClassMixture, distribution: Any):
        super().__init__(mixture.name)
        self.conditions = mixture.conditions
        self._distribution = distribution

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        return self._distribution.sample(num_codes, seed=tf.stack([seed, 0]))
