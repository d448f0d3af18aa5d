"""Trains a classifier on frozen features: Figure 5 of the paper."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ivaae_tf.evaluation.studies.frozen_features import LabeledFeatures
from ivaae_tf.models.optimizers import FusedAdam

_HIDDEN_UNITS = (1000, 1000)
_EVALUATION_BATCH = 1000


def build_probe(num_features: int, num_classes: int, seed: int) -> keras.Model:
    """Returns a perceptron from features to logits, with two hidden layers.

    The hidden layers have 1,000 units and ReLU. The initial weights depend only on the arguments.
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(_HIDDEN_UNITS) + 1).tolist()
    sizes = (*_HIDDEN_UNITS, num_classes)
    activations = (*("relu" for _ in _HIDDEN_UNITS), None)
    # The probe of a model in bfloat16 has float32 layers too.
    return keras.Sequential(
        [
            keras.Input((num_features,)),
            *(
                keras.layers.Dense(
                    size,
                    activation=activation,
                    kernel_initializer=keras.initializers.GlorotUniform(seed=layer_seed),
                    dtype="float32",
                )
                for size, activation, layer_seed in zip(sizes, activations, seeds, strict=True)
            ),
        ],
        name="probe",
    )


def train_probe(
    train: LabeledFeatures,
    test: LabeledFeatures,
    *,
    num_classes: int,
    num_steps: int,
    measure_every: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    description: str = "",
) -> Iterator[tuple[int, float]]:
    """Trains a probe with Adam and measures its error on other images.

    Args:
        train: Training data, at least `batch_size` images.
        test: Test data; each measurement uses all of them.
        num_classes: At least 2; labels are in 0 … num_classes − 1.
        num_steps: Steps of Adam, at least 1.
        measure_every: Steps between two measurements; the first is before step 1, the last after
            the last step.
        batch_size: Images per step.
        learning_rate: Learning rate of Adam.
        seed: Seed of the initial weights and of the order of images.
        description: Text before the progress bar.

    Yields:
        A pair of a step and the share of test images that the probe misclassifies after it.

    Raises:
        ValueError: If there are fewer than `batch_size` training images.
    """
    num_images, num_features = train.features.shape
    if num_images < batch_size:
        raise ValueError(
            f"batch_size must be at most the {num_images} training images. Received: {batch_size}"
        )

    # The probe, and its compiled functions.
    probe = build_probe(num_features, num_classes, seed)
    optimizer = FusedAdam(learning_rate)
    optimizer.build(probe.trainable_variables)

    @tf.function(autograph=False)
    def step(features, labels):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, probe(features))
            loss = tf.reduce_mean(losses)
        variables = probe.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    @tf.function(input_signature=[tf.TensorSpec((None, num_features), tf.float32)], autograph=False)
    def predict(features):
        return tf.argmax(probe(features), axis=-1)

    def error() -> float:
        starts = range(0, len(test.labels), _EVALUATION_BATCH)
        predicted = [predict(test.features[i : i + _EVALUATION_BATCH]) for i in starts]
        return float(np.mean(np.concatenate(predicted) != test.labels))

    # Training.
    yield 0, error()
    order = _batches(num_images, batch_size, seed)
    for number in tqdm(range(1, num_steps + 1), desc=description, unit=" steps", mininterval=1):
        rows = next(order)
        step(train.features[rows], train.labels[rows])
        if number % measure_every == 0 or number == num_steps:
            yield number, error()


def _batches(num_images: int, batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """Yields the rows of each batch; an epoch drops images that do not fill a batch."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(num_images)
        yield from np.split(order, range(batch_size, num_images + 1, batch_size))[:-1]
