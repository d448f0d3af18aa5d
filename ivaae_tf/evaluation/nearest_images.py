"""Compares samples with their nearest training images."""

import numpy as np

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.metrics.nearest import NearestImages, copying_score
from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import Sampler
from ivaae_tf.plots.images import image_grid
from pipelines.images.transforms import unscale

_MOST_COMPARED = 1000  # samples, and held-out images
_NUM_COLUMNS = 8  # pairs in a row of the picture


def compare_with_training(
    evaluator: Evaluator,
    model: InterventionAutoencoder,
    sampler: Sampler,
    epoch: int,
    num_shown: int,
) -> tuple[Score, np.ndarray]:
    """Returns the score of data copying, and a picture of the samples nearest to training images.

    Distances are between features of the evaluator's extractor, or between pixels if it has none.

    Args:
        evaluator: Evaluator with the data, the extractor and the seed.
        model: The model.
        sampler: Sampler of the codes of the new images.
        epoch: Number of epochs that the model was trained for.
        num_shown: Number of pairs in the picture.

    Returns:
        The score, and a picture of pairs in ascending order of distance: each sample, and on its
        right the nearest training image.
    """
    extractor = evaluator.extractor
    features = _pixels if extractor is None else extractor
    conditions: dict[str, Condition] = {"extractor": "pixels"}
    if extractor is not None:
        conditions = extractor.conditions

    # The queries: samples and held-out images.
    num_samples = min(_MOST_COMPARED, evaluator.num_samples)
    samples = np.concatenate(list(evaluator.samples(model, sampler, num_samples)))
    held_out = np.concatenate(
        [
            unscale(batch).numpy()
            for batch in evaluator.images("validation", _MOST_COMPARED, "held-out images")
        ]
    )
    queries = [features(batch) for batch in _in_batches(np.concatenate([samples, held_out]))]
    nearest = NearestImages(np.concatenate(queries), samples.shape[1:])
    for batch in evaluator.images("train", None, "nearest images"):
        images = unscale(batch).numpy()
        nearest.update(features(images), images)

    # The score and its conditions.
    score = copying_score(nearest.distances[: len(samples)], nearest.distances[len(samples) :])
    score = score.with_conditions(
        {**evaluator.image_conditions, **conditions, **sampler.conditions},
        epoch=epoch,
        seed=evaluator.seed,
        reference_split="train",
    )

    # The picture.
    shown = np.argsort(nearest.distances[: len(samples)], kind="stable")[:num_shown]
    pairs = np.concatenate([samples[shown], nearest.images[shown]], axis=2)
    return score, image_grid(pairs, _NUM_COLUMNS, gap=4)


def _in_batches(images: np.ndarray, size: int = 100) -> list[np.ndarray]:
    return [images[start : start + size] for start in range(0, len(images), size)]


def _pixels(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float32) / 127.5
