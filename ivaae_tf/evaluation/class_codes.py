"""Mean code of each class, and the direction that `--edit` adds to a code."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf

from ivaae_tf.evaluation.batches import LabeledBatches
from ivaae_tf.metrics.image_quality import RunningMean, squared_errors
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.program import stored_arrays
from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError


@dataclasses.dataclass(frozen=True)
class ClassCodes:
    """Mean codes of classes.

    Attributes:
        names: The names of the k classes.
        means: Shape (k, d).
        counts: Number of images of each class, shape (k,).
        epoch: Number of epochs after which the codes were computed.
    """

    names: tuple[str, ...]
    means: np.ndarray
    counts: np.ndarray
    epoch: int

    @classmethod
    def of_images(
        cls,
        model: InterventionAutoencoder,
        batches: LabeledBatches,
        names: Iterable[str],
        epoch: int,
    ) -> "ClassCodes":
        """Returns the mean codes of the classes that have images.

        Images without a label (−1) are ignored.

        Raises:
            UserError: If fewer than two classes have images.
        """
        names = tuple(names)
        encode = tf.function(model.encode, reduce_retracing=True, autograph=False)
        sums, counts = np.zeros((len(names), model.latent_dim)), np.zeros(len(names), np.int64)
        for images, labels in batches:
            labels = labels.numpy()
            np.add.at(sums, labels[labels >= 0], encode(images).numpy()[labels >= 0])
            counts += np.bincount(labels[labels >= 0], minlength=len(names))
        found = np.flatnonzero(counts)
        if len(found) < 2:
            raise UserError(
                f"--per_class: the training images have {len(found)} class(es); expected at least 2"
            )
        means = sums[found] / counts[found, np.newaxis]
        return cls(tuple(names[index] for index in found), means, counts[found], epoch)

    @property
    def directions(self) -> np.ndarray:
        """Mean code of each class minus the mean code of all other images, shape (k, d)."""
        sums = self.means * self.counts[:, np.newaxis]
        others = self.counts.sum() - self.counts
        return self.means - (sums.sum(axis=0) - sums) / others[:, np.newaxis]

    def save(self, path: Path) -> None:
        """Writes the means as .npz."""
        stored_arrays.save(path, **{**vars(self), "names": np.array(self.names)})

    @classmethod
    def load(cls, path: Path, latent_dim: int) -> "ClassCodes | None":
        """Returns the class codes in a file of `save`, or None if there is no file.

        Raises:
            UserError: If the file is damaged, if its codes have another dimension, or if several
                classes have the same name.
        """
        if not path.exists():
            return None
        try:
            arrays = stored_arrays.load(path)
            with parsing(path, TypeError):  # NumPy raises it for arrays of other types and shapes.
                # Check the number of classes.
                names, means, counts = (arrays[name] for name in ("names", "means", "counts"))
                k = len(names)
                if means.ndim != 2 or len(means) != k or counts.shape != (k,) or k < 2:
                    raise DamagedFileError(
                        path,
                        f"it has {k} names, means of shape {means.shape} and {counts.size} counts; "
                        "expected a name, a mean and a count of each of at least 2 classes",
                    )
                # Check the types, and the dimension of the codes.
                if (names.dtype.kind, counts.dtype.kind) != ("U", "i"):
                    raise DamagedFileError(
                        path,
                        f"its names are of type {names.dtype}, its counts of {counts.dtype}; "
                        "expected text and integers",
                    )
                if means.shape[1] != latent_dim:
                    raise UserError(
                        f"{path} is of another run: its codes have dimension {means.shape[1]}, "
                        f"expected {latent_dim}; run `ivaae evaluate --per_class` again"
                    )
                # Check each class.
                for name, mean, count in zip(names, means, counts, strict=True):
                    if not np.isfinite(mean).all() or count < 1:
                        raise DamagedFileError(
                            path, f"class {name} has a mean that is not finite, or no images"
                        )
                found = cls(tuple(names.tolist()), means, counts, int(arrays["epoch"]))
        except DamagedFileError as error:
            raise UserError(f"{error}; run `ivaae evaluate --per_class` again") from error
        if len(set(found.names)) < len(found.names):
            raise UserError(
                f"{path} has several classes of one name, as data of earlier versions can have; "
                "expected a name for each class: prepare the data again, remove the file, then run "
                "`ivaae evaluate --per_class`"
            )
        return found


def reconstruction_scores(
    model: InterventionAutoencoder, batches: LabeledBatches, names: Iterable[str]
) -> list[Score]:
    """Returns the mean reconstruction error of each class that has images."""
    reconstruct = tf.function(
        lambda inputs: model(inputs, training=False), reduce_retracing=True, autograph=False
    )

    names = tuple(names)
    means = [RunningMean() for _ in names]
    for images, labels in batches:
        inputs = (images, labels) if model.is_conditional else images
        sse = squared_errors(images.numpy(), reconstruct(inputs).numpy())
        labels = labels.numpy()
        for index, mean in enumerate(means):
            mean.update(sse[labels == index])
    return [
        Score(
            "reconstruction_sse_per_class",
            mean.value,
            higher_is_better=False,
            standard_error=mean.standard_error,
            conditions={"of": name, "num_images": mean.count, "split": "validation"},
        )
        for name, mean in zip(names, means, strict=True)
        if mean.count
    ]
