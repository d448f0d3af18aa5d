"""Share of the new images of each class that a classifier of the data recognizes."""

import numpy as np

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.evaluation.scored_model import ScoredModel
from ivaae_tf.metrics.extractors.classifier import Classifier
from ivaae_tf.metrics.extractors.classifier_training import classifier_of
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.samplers import Sampler

_IMAGES_OF_A_CLASS = 1_000


def class_accuracy(evaluator: Evaluator, model: ScoredModel, sampler: Sampler) -> Score:
    """Returns the share of new images of each class that the classifier assigns to this class.

    It is the mean over the classes. Its standard error is of the finite number of images; it allows
    for images of several classes that are decoded from the same code.

    Args:
        evaluator: Has the data, the seed, and perhaps their classifier.
        model: The model.
        sampler: A sampler of codes with classes.
    """
    classifier = _classifier(evaluator)
    num_images = min(_IMAGES_OF_A_CLASS, evaluator.num_samples)
    recognized = []
    for index, name in enumerate(sampler.class_names):
        number = evaluator.dataset.class_names.index(name)
        batches = evaluator.samples(model, sampler.of_class(index), num_images)
        found = np.concatenate([classifier.classes(images) for images in batches])
        recognized.append(found == number)
    p, of_codes = (np.mean(recognized, axis=axis) for axis in (1, 0))
    return Score(
        f"class_accuracy_{classifier.name}",
        p.mean(),
        higher_is_better=True,
        standard_error=np.std(of_codes, ddof=1) / np.sqrt(num_images),
        conditions={
            **classifier.conditions,
            **sampler.conditions,
            "num_images_per_class": num_images,
            "num_classes": len(p),
            "lowest": p.min(),
            "lowest_of": sampler.class_names[int(p.argmin())],
            "seed": evaluator.seed,
        },
    )


def _classifier(evaluator: Evaluator) -> Classifier:
    """Returns the evaluator's classifier, or a new one if it has another network."""
    if isinstance(evaluator.extractor, Classifier):
        return evaluator.extractor
    data = evaluator.dataset
    return classifier_of(data, data.num_classes or 0, evaluator.image_size, evaluator.cache_dir)
