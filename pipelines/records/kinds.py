"""Kinds of data: what a model sees of an example, and what an export calls it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pipelines.images import transforms

_NUM_NAMED = 3  # columns of the largest errors


class Images:
    """Images of 8 bits, which a model sees in [−1, 1].

    Attributes:
        name: Name of an input or output of an export.
        dtype: Its type.
        are_images: Whether an example is an image.
        plural: What messages call the examples.
    """

    name = plural = "images"
    dtype = tf.uint8
    are_images = True
    scale = staticmethod(transforms.scale)
    unscale = staticmethod(transforms.unscale)

    def largest_errors(self, examples: np.ndarray, reconstructions: np.ndarray) -> list[str]:
        """Returns an empty text for each image, whose errors are a picture."""
        del reconstructions
        return [""] * len(examples)


IMAGES = Images()


@dataclasses.dataclass(frozen=True)
class Vectors:
    """Rows of a table, of which a model sees each column with mean 0 and variance 1.

    Attributes:
        columns: The names of the d columns.
        mean: Means of the columns over the training rows.
        deviation: Their standard deviations, above 0.
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    name = "x"
    plural = "vectors"
    dtype = tf.float32
    are_images = False
    stem = "x"  # of the default names of columns
    axes: ClassVar[tuple[str, ...]] = ("rows", "columns")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an example."""
        return (len(self.columns),)

    @property
    def names(self) -> Sequence[str]:
        """The names of the numbers of an example, in their order in memory."""
        return self.columns

    def scale(self, examples: tf.Tensor, dtype: str | tf.DType = "float32") -> tf.Tensor:
        """Returns (x − mean) / deviation of rows (n, …, d); the arithmetic is float32."""
        return tf.cast((tf.cast(examples, tf.float32) - self.mean) / self.deviation, dtype)

    def unscale(self, values: tf.Tensor) -> tf.Tensor:
        """Returns rows (n, …, d) in the units of the data, float32: the inverse of `scale`."""
        return tf.cast(values, tf.float32) * self.deviation + self.mean

    def largest_errors(self, examples: np.ndarray, reconstructions: np.ndarray) -> list[str]:
        """Returns the three numbers of each row that cost most, with x − x̂ in deviations.

        Args:
            examples: Shape (n, …, d), in the units of the data.
            reconstructions: The same shape and units.
        """
        errors = (examples.astype(np.float64) - reconstructions) / self.deviation
        errors, names = errors.reshape(len(errors), -1), self.names
        largest = np.argsort(-np.abs(errors), axis=1, kind="stable")[:, :_NUM_NAMED]
        return [
            ", ".join(f"{names[column]} {row[column]:+.3g}" for column in order)
            for row, order in zip(errors, largest, strict=True)
        ]


@dataclasses.dataclass(frozen=True)
class Signals(Vectors):
    """Signals in time, whose columns are the channels, each scaled over all times.

    Attributes:
        length: The number of times.
    """

    length: int

    plural = "signals"
    stem = "channel "
    axes: ClassVar[tuple[str, ...]] = ("signals", "times", "channels")

    @property
    def shape(self) -> tuple[int, ...]:
        """(times, channels)."""
        return (self.length, len(self.columns))

    @property
    def names(self) -> Sequence[str]:
        """The times and channels of the numbers of an example."""
        return [f"{name} at {time}" for time in range(self.length) for name in self.columns]


Kind = Images | Vectors
OF_NUMBERS: dict[str, type[Vectors]] = {kind.plural: kind for kind in (Vectors, Signals)}
KINDS = (Images.plural, *OF_NUMBERS)


def kind_of(description: Mapping[str, Any]) -> Kind:
    """Returns the kind of the data of a run, from `ImageDataset.description`."""
    if "columns" not in description:
        return IMAGES
    columns, mean, deviation = (
        tuple(description[name]) for name in ("columns", "mean", "deviation")
    )
    if "length" in description:
        return Signals(columns, mean, deviation, description["length"])
    return Vectors(columns, mean, deviation)
