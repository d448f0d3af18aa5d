"""Features of labeled images from a frozen encoder, stored in a temporary file."""

import dataclasses
import os
import tempfile
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize
from pipelines import datasets
from pipelines.batches import evaluation_batches


@dataclasses.dataclass(frozen=True)
class LabeledFeatures:
    """Features and classes of images.

    Attributes:
        features: float32, shape (n, f).
        labels: int64, shape (n,).
    """

    features: np.ndarray
    labels: np.ndarray


def last_hidden_layer(encoder: keras.Sequential) -> keras.Model:
    """Returns the encoder without the layer of the codes: images to features (m, f).

    Networks of the user that do not end in a Dense layer have the codes as their features.
    """
    named = [each for each in encoder.layers if each.name == "codes"]
    last = (named or encoder.layers)[-1]
    features = last.input if isinstance(last, keras.layers.Dense) else encoder.outputs[0]
    return keras.Model(encoder.inputs, features, name="last_hidden_layer")


def compute_features(
    network: keras.Model,
    batches: Iterable[tuple[tf.Tensor, tf.Tensor]],
    folder: str | os.PathLike[str],
    description: str = "",
) -> LabeledFeatures:
    """Returns the network's features of labeled images, in inference mode.

    The features of Table 4's encoder are 65 kB per image, too much for memory. They are stored in a
    file without a name, which the system removes when the process ends for any reason.

    Args:
        network: Images to features (m, f).
        batches: At least one pair of images and labels.
        folder: Folder for the file.
        description: Text before the progress bar.

    Raises:
        UserError: If an image does not have a label (-1 in TFDS).
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
        # The map stays valid after the file is closed.
        mapped = np.memmap(file, np.float32, mode="r", shape=(len(labels), num_features))
    return LabeledFeatures(mapped, labels)


def training_and_test_features(
    encoder: keras.Sequential,
    dataset: datasets.ImageDataset,
    *,
    image_size: ImageSize,
    batch_size: int,
    folder: str | os.PathLike[str],
    description: str = "",
) -> tuple[LabeledFeatures, LabeledFeatures]:
    """Returns last-hidden-layer features of the training and validation images.

    Args:
        encoder: E.
        dataset: A data set with labels.
        image_size: Side of the images in pixels, or (height, width).
        batch_size: Images in a batch.
        folder: Folder for the file of `compute_features`.
        description: Text before the progress bars.

    Raises:
        UserError: If an image does not have a label.
    """
    network = last_hidden_layer(encoder)
    train, test = (
        compute_features(
            network,
            evaluation_batches(
                dataset, split, image_size=image_size, batch_size=batch_size, with_labels=True
            ),
            folder,
            f"{description}: {split} features",
        )
        for split in ("train", "validation")
    )
    return train, test
