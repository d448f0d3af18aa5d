"""Trains the classifier of a labeled data set, and caches it by its settings."""

import hashlib
import json
import os
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.metrics.extractors.base import weights_digest
from ivaae_tf.metrics.extractors.classifier import Classifier, build_classifier
from ivaae_tf.metrics.score import Condition
from ivaae_tf.program import digests
from ivaae_tf.program.damaged_files import DamagedFileError, parsing, read_json
from ivaae_tf.program.errors import UserError
from ivaae_tf.program.image_sizes import ImageSize, in_words
from pipelines.batches import evaluation_batches
from pipelines.records.image_dataset import ImageDataset

# Increased by one whenever the same settings would train another classifier.
_VERSION = 1
_EVALUATION_BATCH = 500


def classifier_of(
    dataset: ImageDataset, num_classes: int, image_size: ImageSize, cache_dir: str | os.PathLike
) -> Classifier:
    """Returns the classifier of a labeled data set, trained on the training images with a label.

    `image_size` is the side of the images, or (height, width); `cache_dir` is the cache's folder.
    """

    @tf.autograph.experimental.do_not_convert
    def labeled_images(split: str) -> tf.data.Dataset:
        batches = evaluation_batches(
            dataset, split, image_size=image_size, batch_size=100, with_labels=True
        )
        return batches.unbatch().filter(lambda _, label: label >= 0)  # TFDS has −1 for none

    return train_classifier(
        labeled_images("train"),
        labeled_images("validation"),
        num_classes,
        dataset.channels,
        {
            "fingerprint": dataset.fingerprint,
            "image_size": in_words(image_size),
            **({"label": dataset.chosen_label} if dataset.chosen_label else {}),
        },
        cache_dir,
    )


def train_classifier(
    train: tf.data.Dataset,
    test: tf.data.Dataset,
    num_classes: int,
    num_channels: int,
    data: Mapping[str, Condition],
    cache_dir: str | os.PathLike,
    seed: int = 0,
    num_steps: int = 1200,
    batch_size: int = 64,
    learning_rate: float = 2e-3,
    shuffle_buffer: int = 4096,
) -> Classifier:
    """Returns the classifier from the cache, or trains it and stores it there.

    The optimizer is Adam with a cosine decay to 0 (Loshchilov and Hutter, 2017). Equal data,
    settings and machine give equal weights: the initial weights, the order of images and the number
    of steps are fixed. The cache is a .keras file, and a .json file with the settings and the test
    accuracy. The .json file is written last, so an interrupted training leaves no classifier.

    Args:
        train: Single examples (image, label) in reproducible order: float32 (h, w, num_channels) in
            [-1, 1], and an integer in 0 … num_classes − 1.
        test: Examples of the same form, for the accuracy that is recorded.
        num_classes: Number of classes, at least 2.
        num_channels: Number of color channels, 1 or 3.
        data: Description of the training and test images (data set, version, splits, crop, size);
            the cache is used only if it is equal.
        cache_dir: Folder of the cache.
        seed: Seed of the weights and of the order of images.
        num_steps: Number of steps of Adam; the data are repeated as needed.
        batch_size: Number of images in a step.
        learning_rate: Learning rate of the first step.
        shuffle_buffer: Number of images that are shuffled together, in groups of fixed order.

    Raises:
        ValueError: If `num_steps` or `batch_size` is below 1, or there are no images.
        UserError: If there are no test images.
    """
    for name, value in (("num_steps", num_steps), ("batch_size", batch_size)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1. Received: {value}")

    # The cache, whose file name is a digest of the settings.
    settings = {
        "data": dict(data),
        "version": _VERSION,
        "num_classes": num_classes,
        "num_channels": num_channels,
        "seed": seed,
        "num_steps": num_steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "shuffle_buffer": shuffle_buffer,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    model_path = pathlib.Path(cache_dir) / f"classifier-{digest}.keras"
    if model_path.exists() and model_path.with_suffix(".json").exists():
        try:
            if cached := _load(model_path, settings):
                return cached
        except DamagedFileError as error:
            print(f"{error}; trained again", file=sys.stderr)

    # Training.
    model = build_classifier(num_classes, num_channels, seed)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, num_steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA's convolutions are several times slower on a CPU.
    )
    batches = _shuffled(train.repeat(), shuffle_buffer, seed).batch(batch_size, True)
    batches = batches.take(num_steps).prefetch(2)
    if not model.fit(batches, shuffle=False, verbose=0).history:
        raise ValueError("There must be images to train the classifier on. Received: none")

    # Accuracy on the test images.
    num_tested = int(test.reduce(np.int64(0), lambda count, _: count + 1))
    if not num_tested:
        raise UserError("--extractor=classifier: no validation image has a label; expected some")
    # Without a cardinality, Keras warns at the end of the data.
    test = test.apply(tf.data.experimental.assert_cardinality(num_tested))
    accuracy = float(model.evaluate(test.batch(_EVALUATION_BATCH), verbose=0)[1])

    # The files of the cache.
    record = {
        "settings": settings,
        "test_accuracy": accuracy,
        "weights_digest": weights_digest(model),
    }
    with digests.replace_with_digest(model_path) as temporary:
        model.save(temporary)
    with digests.replace_with_digest(model_path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return Classifier(model, accuracy)


@tf.autograph.experimental.do_not_convert
def _shuffled(dataset: tf.data.Dataset, window: int, seed: int) -> tf.data.Dataset:
    """Shuffles the examples within windows, by a function of (seed, window) alone.

    `Dataset.shuffle` also depends on the seed of the process, which the model in training sets.
    """

    def permute(index, examples):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(tf.shape(examples[1])[0]), seed=tf.stack([tf.constant(seed, tf.int64), index])
        )
        return tf.nest.map_structure(lambda values: tf.gather(values, order), examples)

    return dataset.batch(window).enumerate().map(permute).unbatch()


def _load(model_path: pathlib.Path, settings: dict[str, Any]) -> Classifier | None:
    """Returns the cached classifier, or None if it was trained with other settings.

    Only the weights are read from the model's file; `build_classifier` makes the network.

    Raises:
        DamagedFileError: If either file is damaged.
    """
    record_path = model_path.with_suffix(".json")
    for path in (record_path, model_path):
        digests.check(path)
    record = read_json(record_path, dict[str, Any])
    with parsing(record_path, TypeError):
        if record["settings"] != settings:
            return None
        digest, accuracy = record["weights_digest"], float(record["test_accuracy"])
    model = build_classifier(settings["num_classes"], settings["num_channels"], settings["seed"])
    with parsing(model_path, TypeError, AttributeError):
        model.load_weights(model_path)
        if weights_digest(model) != digest:
            raise DamagedFileError(model_path, f"its weights do not match {record_path.name}")
    return Classifier(model, accuracy)
