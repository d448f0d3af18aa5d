"""Scores a run: `ivaae evaluate --workdir=runs/demo`.

Scores the best checkpoint, or the last if there is no best one. Adds each score to `scores.json` in
the run's folder and to TensorBoard as soon as it is known, and prints all.
"""

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
import tensorflow as tf
from absl import flags

from ivaae_tf import commands
from ivaae_tf.commands import shared_flags
from ivaae_tf.commands.data_flags import data_location
from ivaae_tf.evaluation.class_codes import ClassCodes, reconstruction_scores
from ivaae_tf.evaluation.evaluator import Evaluator, make_evaluator
from ivaae_tf.evaluation.nearest_images import compare_with_training
from ivaae_tf.evaluation.projected_codes import project
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_table import format_scores
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers import GaussianMixture
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from pipelines.batches import evaluation_batches
from pipelines.records import opening
from pipelines.records.image_dataset import ImageDataset

FLAGS = flags.FLAGS
commands.EVALUATE.define_flags()


def main(argv) -> None:
    """Scores the run."""
    del argv
    run = RunDirectory(FLAGS.workdir)
    dataset = run.open_dataset(**data_location(FLAGS.flag_values_dict()))
    settings = run.read_record().settings
    evaluator = make_evaluator(
        dataset, settings.image_size, **shared_flags.evaluation_values(FLAGS.flag_values_dict())
    )
    of_codes = (set(FLAGS.sampler or ()) - {"prior"}, FLAGS.per_class, FLAGS.num_projected)
    if any(of_codes):
        run.check_has_encoder()
    if FLAGS.per_class and len(dataset.class_names) < 2:
        found = "only one class" if dataset.class_names else "no classes"
        raise UserError(f"--per_class: {dataset.name} has {found}; --label chooses a label")
    model = run.load_best()
    epoch = run.epochs_trained(model)
    names = list(dict.fromkeys(FLAGS.sampler or [settings.sampler]))
    codes, fitted = None, {}
    if "gmm" in names:
        codes = list(evaluator.codes(model))
        mixture = GaussianMixture.fit(
            np.concatenate(codes), FLAGS.num_components, evaluator.seed, epoch
        )
        mixture.save(run.gaussian_mixture_path)
        fitted["gmm"] = mixture  # Another evaluation may have stored its own by now.
    code_samplers = [fitted.get(name) or run.load_sampler(name, model) for name in names]
    scores = []
    for group in evaluator.scores(model, code_samplers, epoch, codes):
        run.add_scores(group)
        scores += group
    if FLAGS.num_nearest:
        copying, pairs = compare_with_training(
            evaluator, model, code_samplers[0], epoch, FLAGS.num_nearest
        )
        run.add_scores([copying])
        run.write_nearest(pairs)
        scores.append(copying)
    if FLAGS.per_class:
        per_class = score_classes(run, dataset, evaluator, model, epoch)
        run.add_scores(per_class)
        scores += per_class
    if FLAGS.num_projected:
        project(run, model, dataset, FLAGS.num_projected)
    print(format_scores(scores))
    print(f"\nadded to {run.scores_path}")
    if FLAGS.num_nearest:
        print(f"new images beside their nearest training images in {run.nearest_path}")


def score_classes(
    run: RunDirectory,
    dataset: ImageDataset,
    evaluator: Evaluator,
    model: InterventionAutoencoder,
    epoch: int,
) -> list[Score]:
    """Returns the scores of each class; stores the mean codes of the training images."""

    def batches(split: str) -> tf.data.Dataset:
        return evaluation_batches(
            dataset, split, image_size=model.image_shape[0], batch_size=100, with_labels=True
        )

    ClassCodes.of_images(model, batches("train"), dataset.class_names, epoch).save(
        run.class_codes_path
    )
    scores = reconstruction_scores(model, batches("validation"), dataset.class_names)
    return [score.with_conditions(evaluator.image_conditions, epoch=epoch) for score in scores]


if __name__ == "__main__":
    command_line.run(main, commands.EVALUATE, opening.with_record)
