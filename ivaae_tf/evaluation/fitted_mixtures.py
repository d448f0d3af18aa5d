"""Gaussian mixtures of the codes of training images."""

from collections.abc import Collection

import numpy as np

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.evaluation.scored_model import ScoredModel
from ivaae_tf.models.samplers import MIXTURES, ClassMixture, GaussianMixture
from ivaae_tf.program.errors import UserError
from pipelines.batches import stored_labels


def fit_mixtures(
    names: Collection[str],
    evaluator: Evaluator,
    model: ScoredModel,
    num_components: int,
    epoch: int,
) -> tuple[dict[str, GaussianMixture], list[np.ndarray] | None]:
    """Fits the mixtures among samplers to the codes of the first training images.

    Args:
        names: Names of samplers.
        evaluator: Has the images, the seed, and the number of codes.
        model: A model with an encoder.
        num_components: Components of a mixture, or of each class.
        epoch: Number of epochs that the model was trained for.

    Returns:
        The mixtures by their names, and the codes in batches if there are any mixtures.

    Raises:
        UserError: If there are too few codes, one is not finite, or class_gmm lacks labels.
    """
    data = evaluator.dataset
    if "class_gmm" in names and (model.is_conditional or not data.class_names):
        found = "a conditional model" if model.is_conditional else "data without labels"
        raise UserError(
            f"--sampler=class_gmm needs labeled data and an unconditional model; found {found}"
        )
    if not MIXTURES.keys() & set(names):
        return {}, None
    batches = list(evaluator.codes(model))
    codes, fitted = np.concatenate(batches), {}
    if "gmm" in names:
        fitted["gmm"] = GaussianMixture.fit(codes, num_components, evaluator.seed, epoch)
    if "class_gmm" in names:
        labels = stored_labels(data, "train")[: len(codes)]
        fitted["class_gmm"] = ClassMixture.fit_classes(
            codes, labels, data.class_names, num_components, evaluator.seed, epoch
        )
    return fitted, batches
