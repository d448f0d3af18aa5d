"""What a frozen encoder makes of labeled images, computed once and kept in a file."""

import dataclasses
import os
import tempfile
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from pipelines import datasets
from pipelines.errors import UserError


@dataclasses.dataclass(frozen=True)
class LabeledFeatures:
    """Features of images, with the images' classes.

    Attributes:
        features: float32, shape (n, f).
        labels: int64, shape (n,).
    """

    features: np.ndarray
    labels: np.ndarray


def last_hidden_layer(encoder: keras.Sequential) -> keras.Model:
    """Returns the encoder without the layer that makes the codes: images to (m, f)."""
    return keras.Model(encoder.inputs, encoder.layers[-1].input, name="last_hidden_layer")


def compute_features(
    network: keras.Model,
    batches: Iterable[tuple[tf.Tensor, tf.Tensor]],
    folder: str | os.PathLike[str],
    description: str = "",
) -> LabeledFeatures:
    """Runs the network, in inference mode, over labeled images.

    The features of Table 4's encoder are 65 kB an image, too many for memory: they go to a file
    without a name, of which the system holds as much in memory as there is room for, and which is
    gone when the process ends, in whatever way.

    Args:
        network: Images to features (m, f).
        batches: Pairs of images and labels; at least one.
        folder: Where there is room for the file.
        description: Stands before the progress bar.

    Raises:
        UserError: If some images have no label, which TFDS marks with -1.
    """
    label_batches = []
    with tempfile.TemporaryFile(dir=folder) as file:
        progress = tqdm(batches, desc=description, unit=" batches", mininterval=1)
        for images, batch_labels in progress:
            features = network(images, training=False).numpy().astype(np.float32)
            file.write(features.tobytes())
            label_batches.append(batch_labels.numpy())
            if label_batches[-1].min() < 0:
                raise UserError("--workdir: some images of the run's data set have no label")
        file.flush()
        num_features = features.shape[1]
        labels = np.concatenate(label_batches)
        # The map outlives the file's handle.
        mapped = np.memmap(file, np.float32, mode="r", shape=(len(labels), num_features))
    return LabeledFeatures(mapped, labels)


def training_and_test_features(
    encoder: keras.Sequential,
    dataset: datasets.ImageDataset,
    *,
    image_size: int,
    batch_size: int,
    folder: str | os.PathLike[str],
    description: str = "",
) -> tuple[LabeledFeatures, LabeledFeatures]:
    """Returns the last hidden layer's features of the training and of the held-out images.

    Args:
        encoder: E.
        dataset: With labels.
        image_size: Side of the images in pixels.
        batch_size: Images at a time.
        folder: See `compute_features`, as for `description`.
        description: Stands before the progress bars.

    Raises:
        UserError: If some images have no label.
    """
    network = last_hidden_layer(encoder)
    train, test = (
        compute_features(
            network,
            datasets.evaluation_batches(
                dataset, split, image_size=image_size, batch_size=batch_size, with_labels=True
            ),
            folder,
            f"{description}: {split} features",
        )
        for split in ("train", "validation")
    )
    return train, test
