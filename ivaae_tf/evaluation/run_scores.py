"""Scores of a run, added to its folder as soon as each is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.evaluation.class_codes import ClassCodes, reconstruction_scores
from ivaae_tf.evaluation.evaluator import Evaluator, make_evaluator
from ivaae_tf.evaluation.nearest_images import compare_with_training
from ivaae_tf.evaluation.projected_codes import project
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import evaluation_batches
from pipelines.records.image_dataset import ImageDataset


def score_run(
    run: RunDirectory,
    *,
    data: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    samplers: Sequence[str],
    num_components: int,
    num_nearest: int,
    per_class: bool,
    num_projected: int,
) -> list[Score]:
    """Returns the scores of the best checkpoint, or of the last if there is no best one.

    Args:
        run: The run's folder, which gets the scores.
        data: Arguments of `RunDirectory.open_dataset`.
        evaluation: Arguments of `make_evaluator`, besides data and image size.
        samplers: Names of the samplers to score; by default the method's.
        num_components: Components of the mixture that the sampler "gmm" fits.
        num_nearest: Samples to show beside their nearest training images.
        per_class: Whether to score each class, and to store its mean code.
        num_projected: Held-out codes to write for TensorBoard's Projector.

    Raises:
        UserError: If the run or its data lack what a score needs.
    """
    dataset = run.open_dataset(**data)
    settings = run.read_record().settings
    evaluator = make_evaluator(dataset, settings.image_size, **evaluation)
    if set(samplers) - {"prior"} or per_class or num_projected:
        run.check_has_encoder()
    if per_class and len(dataset.class_names) < 2:
        found = "only one class" if dataset.class_names else "no classes"
        raise UserError(f"--per_class: {dataset.name} has {found}; --label chooses a label")
    model = run.load_best()
    epoch = run.epochs_trained(model)
    names = list(dict.fromkeys(samplers or [settings.sampler]))
    codes, fitted = None, {}
    if "gmm" in names:
        codes = list(evaluator.codes(model))
        mixture = GaussianMixture.fit(np.concatenate(codes), num_components, evaluator.seed, epoch)
        mixture.save(run.gaussian_mixture_path)
        fitted["gmm"] = mixture  # Another evaluation may have stored its own by now.
    code_samplers = [fitted.get(name) or run.load_sampler(name, model) for name in names]
    scores = []
    for group in evaluator.scores(model, code_samplers, epoch, codes):
        run.add_scores(group)
        scores += group
    if num_nearest:
        copying, pairs = compare_with_training(
            evaluator, model, code_samplers[0], epoch, num_nearest
        )
        run.add_scores([copying])
        run.write_nearest(pairs)
        scores.append(copying)
    if per_class:
        of_classes = _score_classes(run, dataset, evaluator, model, epoch)
        run.add_scores(of_classes)
        scores += of_classes
    if num_projected:
        project(run, model, dataset, num_projected)
    return scores


def _score_classes(
    run: RunDirectory,
    dataset: ImageDataset,
    evaluator: Evaluator,
    model: InterventionAutoencoder,
    epoch: int,
) -> list[Score]:
    """Returns the scores of each class; stores the mean codes of the training images."""

    def batches(split: str) -> tf.data.Dataset:
        return evaluation_batches(
            dataset, split, image_size=model.image_shape[:2], batch_size=100, with_labels=True
        )

    ClassCodes.of_images(model, batches("train"), dataset.class_names, epoch).save(
        run.class_codes_path
    )
    scores = reconstruction_scores(model, batches("validation"), dataset.class_names)
    return [score.with_conditions(evaluator.image_conditions, epoch=epoch) for score in scores]
