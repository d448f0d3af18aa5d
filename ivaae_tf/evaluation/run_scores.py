"""Scores of a run, added to its folder as soon as each is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from ivaae_tf.api.options import ScoreOptions
from ivaae_tf.evaluation.class_accuracy import class_accuracy
from ivaae_tf.evaluation.class_codes import ClassCodes, reconstruction_scores
from ivaae_tf.evaluation.evaluator import Evaluator, make_evaluator
from ivaae_tf.evaluation.fitted_mixtures import fit_mixtures
from ivaae_tf.evaluation.label_probe import NUM_TRAINING_CODES, label_probe
from ivaae_tf.evaluation.nearest_images import compare_with_training
from ivaae_tf.evaluation.projected_codes import project
from ivaae_tf.metrics.score import Score
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import Sampler, with_labels
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import evaluation_batches
from pipelines.records.image_dataset import ImageDataset


def score_run(
    run: RunDirectory,
    options: ScoreOptions,
    *,
    data: Mapping[str, Any],
    evaluation: Mapping[str, Any],
) -> list[Score]:
    """Returns the scores of the best checkpoint, or of the last if there is no best one.

    Args:
        run: The run's folder, which gets the scores.
        options: The samplers to score, by default the method's, and further scores.
        data: Arguments of `RunDirectory.open_dataset`.
        evaluation: Arguments of `make_evaluator`, besides data and image size.

    Raises:
        UserError: If the run or its data lack what a score needs.
    """
    dataset, record = run.open_dataset(**data), run.read_record()
    settings, trained, found = record.settings, record.data.get("label"), dataset.chosen_label
    if record.uses_labels and found != trained:
        raise UserError(f"--label: the run was trained with {trained or 'none'}; found {found}")
    evaluator = make_evaluator(dataset, settings.image_size, **evaluation)
    if set(options.sampler) - {"prior"} or options.per_class or options.num_projected:
        run.check_has_encoder()
    if not dataset.kind.are_images and (options.num_nearest or options.num_projected):
        found = dataset.kind.plural
        raise UserError(f"--num_nearest and --num_projected show images; found {found}")
    samples_classes = "class_gmm" in options.sampler
    if (options.per_class or samples_classes) and len(dataset.class_names) < 2:
        flag = "--per_class" if options.per_class else "--sampler=class_gmm"
        found = "only one class" if dataset.class_names else "no classes"
        raise UserError(f"{flag}: {dataset.name} has {found}; --label chooses a label")
    model = run.load_best()
    epoch = run.epochs_trained(model)
    names = list(dict.fromkeys(options.sampler or [settings.sampler]))
    fitted, codes = fit_mixtures(names, evaluator, model, options.num_components, epoch)
    for name, mixture in fitted.items():
        mixture.save(run.mixture_paths[name])
    # Another evaluation may have stored its own mixture by now.
    code_samplers = [
        with_labels(fitted[name], model.labels) if name in fitted else run.load_sampler(name, model)
        for name in names
    ]
    scores = []
    for group in evaluator.scores(model, code_samplers, epoch, codes):
        run.add_scores(group)
        scores += group
    if options.num_nearest:
        copying, pairs = compare_with_training(
            evaluator, model, code_samplers[0], epoch, options.num_nearest
        )
        run.add_scores([copying])
        run.write_nearest(pairs)
        scores.append(copying)
    if options.per_class:
        of_classes = _score_classes(run, dataset, evaluator, model, epoch, code_samplers)
        run.add_scores(of_classes)
        scores += of_classes
    if options.num_projected:
        project(run, model, dataset, options.num_projected)
    return scores


def _score_classes(
    run: RunDirectory,
    dataset: ImageDataset,
    evaluator: Evaluator,
    model: InterventionAutoencoder,
    epoch: int,
    code_samplers: Sequence[Sampler],
) -> list[Score]:
    """Returns the scores of classes; stores the mean codes of the training images."""

    def batches(split: str, num_images: int | None = None) -> tf.data.Dataset:
        return evaluation_batches(
            dataset,
            split,
            image_size=model.image_shape[:2],
            batch_size=100,
            num_images=num_images,
            with_labels=True,
        )

    ClassCodes.of_images(model, batches("train"), dataset.class_names, epoch).save(
        run.class_codes_path
    )
    scores = reconstruction_scores(model, batches("validation"), dataset.class_names)
    scores += label_probe(model, batches("train", NUM_TRAINING_CODES), batches("validation"))
    if evaluator.extractor is not None and dataset.kind.are_images and dataset.has_pictures:
        # The names of clusters are numbers, not classes.
        without = {"prior"} if model.prior.num_categories and not model.label_weight else set()
        having = [each for each in code_samplers if each.class_names and each.name not in without]
        scores += [class_accuracy(evaluator, model, sampler) for sampler in having]
    return [score.with_conditions(evaluator.image_conditions, epoch=epoch) for score in scores]
