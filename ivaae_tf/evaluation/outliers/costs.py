"""Outlier scores of images: reconstruction cost and energy of the code."""

import dataclasses
import sys
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ivaae_tf.evaluation.outliers.calibration import Calibration
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.records.kinds import IMAGES, Kind


class Batch(NamedTuple):
    """A batch of named images.

    Attributes:
        names: Files, or positions in a split.
        kinds: Folder or class of each; empty if there is none.
        images: uint8, shape (n, h, w, c); or rows, float32, shape (n, d).
    """

    names: list[str]
    kinds: list[str]
    images: np.ndarray


class Judged(NamedTuple):
    """Costs of images, in descending order of the reconstruction cost.

    Attributes:
        names: Shape (n,).
        kinds: Folder or class of each, shape (n,); empty if there is none.
        reconstruction_sse: Shape (n,).
        latent_energy: Shape (n,).
        largest_errors: The columns of each row that cost most, shape (n,); empty for images.
        worst: The m images of the highest cost, uint8, shape (m, h, w, c).
        reconstructions: Reconstructions of the worst images, in the same format.
    """

    names: np.ndarray
    kinds: np.ndarray
    reconstruction_sse: np.ndarray
    latent_energy: np.ndarray
    largest_errors: np.ndarray
    worst: np.ndarray
    reconstructions: np.ndarray


def image_costs(
    model: InterventionAutoencoder,
    images: tf.Tensor,
    kind: Kind = IMAGES,
    labels: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns the reconstruction costs of images, their codes and their reconstructions.

    Args:
        model: The model; codes are the means of q(z|x).
        images: uint8, shape (n, h, w, c), or other examples of the kind.
        kind: The kind of the data.
        labels: Labels of the images, for a conditional model.

    Returns:
        Sums of squared errors (n,), pixels in [−1, 1]; codes (n, d); reconstructions, uint8.
    """
    x = kind.scale(images)
    z = model.encode(x)
    x_hat = model.decode(z, labels)
    axes = list(range(1, len(x.shape)))
    sse = tf.reduce_sum(tf.math.squared_difference(x, x_hat), axis=axes)
    return sse, z, kind.unscale(x_hat)


@dataclasses.dataclass(frozen=True)
class Detector:
    """Compares costs of images with the costs of held-out images.

    Attributes:
        mixture: Mixture of the codes of the training images.
        calibration: Costs of the held-out images.
    """

    mixture: GaussianMixture
    calibration: Calibration

    @classmethod
    def of_run(cls, run: RunDirectory, model: InterventionAutoencoder) -> "Detector | None":
        """Returns the detector that `ivaae outliers` stored for the model's epoch, or None.

        Prints a warning if one of its files is damaged or missing.
        """
        try:
            calibration = Calibration.load(run.calibration_path)
            if calibration is None or calibration.epoch != run.epochs_trained(model):
                return None
            return cls(
                GaussianMixture.load(run.mixture_paths["gmm"], calibration.epoch, model.latent_dim),
                calibration,
            )
        except UserError as error:
            print(
                f"warning: {error}; `score` has no p-values until `ivaae outliers` has run again",
                file=sys.stderr,
            )
            return None

    def scores(self, sse: tf.Tensor, z: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns `latent_energy` (nats) and `p_value` of images, shape (n,).

        Args:
            sse: Reconstruction costs, shape (n,).
            z: Codes, shape (n, d).
        """
        held_out = tf.constant(self.calibration.reconstruction_sse, tf.float32)
        num_lower = tf.searchsorted(held_out, sse, side="left")
        num_images = self.calibration.num_images
        p_value = tf.cast(1 + num_images - num_lower, tf.float32) / (1 + num_images)
        return {"latent_energy": self.mixture.energy(z), "p_value": p_value}


def judge(
    model: InterventionAutoencoder,
    mixture: GaussianMixture,
    batches: Iterable[Batch],
    num_worst: int = 0,
    kind: Kind = IMAGES,
) -> Judged:
    """Returns the costs of all images, and the worst images.

    Args:
        model: The model.
        mixture: Mixture of the codes of the training images.
        batches: The images, at least one.
        num_worst: Number of images to return.
        kind: The kind of the data.
    """

    @tf.function(reduce_retracing=True, autograph=False)
    def compute(
        images: tf.Tensor, labels: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        sse, z, reconstructions = image_costs(model, images, kind, labels)
        return sse, mixture.energy(z), reconstructions

    columns: list[tuple] = []
    worst: list[np.ndarray] = []
    for batch in batches:
        labels = model.labels.numbers(batch.kinds)
        found = compute(tf.constant(batch.images), None if labels is None else tf.constant(labels))
        sse, energy, reconstructions = (each.numpy() for each in found)
        largest = kind.largest_errors(batch.images, reconstructions)
        columns.append((batch.names, batch.kinds, sse, energy, largest))
        # The worst of the batches so far and of this one.
        candidates = [sse, batch.images, reconstructions]
        if worst:
            candidates = [np.concatenate(pair) for pair in zip(worst, candidates, strict=True)]
        order = np.argsort(-candidates[0], kind="stable")[:num_worst]
        worst = [each[order] for each in candidates]
    arrays = [np.concatenate(column) for column in zip(*columns, strict=True)]
    order = np.argsort(-arrays[2], kind="stable")
    return Judged(*(array[order] for array in arrays), *worst[1:])
