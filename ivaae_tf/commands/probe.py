"""Probes the encoders of finished runs for the classes: Figure 5 of the paper.

    ivaae probe --workdir=runs/aae --workdir=runs/ivaae --out=runs/probe

Trains a perceptron with two hidden layers of 1,000 units on the frozen encoder's last hidden layer,
the input of the codes' layer, with the labels of the training images.
"""

from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
from absl import flags

from ivaae_tf import commands
from ivaae_tf.commands.data_flags import data_location
from ivaae_tf.evaluation.studies.frozen_features import training_and_test_features
from ivaae_tf.evaluation.studies.probe_classifier import train_probe
from ivaae_tf.plots import charts, files
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.finished import open_runs
from pipelines import datasets
from pipelines.batches import stored_labels
from pipelines.records import opening

FLAGS = flags.FLAGS
commands.PROBE.define_flags()


def main(argv) -> None:
    """Probes the runs one by one, and writes all finished ones after each."""
    del argv
    runs = open_runs(FLAGS.workdir)
    for run in runs.values():
        run.check_has_encoder()
    datasets_by_run = {
        name: run.open_dataset(**data_location(FLAGS.flag_values_dict()))
        for name, run in runs.items()
    }
    num_classes = {
        name: check_dataset(runs[name], dataset) for name, dataset in datasets_by_run.items()
    }
    out = Path(FLAGS.out)
    out.mkdir(parents=True, exist_ok=True)
    table, figure = out / "probe.csv", out / "probe_test_error.png"
    rows, lines = [], []
    for style, (name, run) in enumerate(runs.items()):
        errors = probe(name, run, datasets_by_run[name], num_classes[name])
        rows += [(name, step, error) for step, error in errors]
        lines.append(charts.Line(name, style, *zip(*errors, strict=True)))
        chart = charts.Chart("Test error", tuple(lines))
        files.save(table, files.to_csv(("run", "step", "test_error"), rows))
        files.save(figure, charts.draw([chart], "steps of the probe"))
        print(f"{name}: test error {errors[-1][1]:.4f} after {errors[-1][0]} steps")
    print(f"{table}\n{figure}")


def check_dataset(run: RunDirectory, dataset: datasets.ImageDataset) -> int:
    """Returns the number of classes.

    Raises:
        UserError: If there are no labels of different classes, or fewer images than in a batch.
    """
    num_classes = dataset.num_classes or 0
    num_found = len(np.unique(stored_labels(dataset, "train"))) if num_classes else 0
    if num_found < 2:
        has = "labels of one class only" if num_found else "no labels for a probe"
        raise UserError(f"--workdir: {run.path} was trained on {dataset.name}, which has {has}")
    num_images = dataset.num_images("train")
    if FLAGS.batch_size > num_images:
        raise UserError(
            f"--batch_size must be at most the {num_images} training images of {dataset.name}; "
            f"found {FLAGS.batch_size}"
        )
    return num_classes


def probe(
    name: str, run: RunDirectory, dataset: datasets.ImageDataset, num_classes: int
) -> list[tuple[int, float]]:
    """Returns the steps and test errors of one run's probe."""
    settings = run.read_record().settings
    train, test = training_and_test_features(
        run.load_best().encoder,
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        folder=FLAGS.out,
        description=name,
    )
    return list(
        train_probe(
            train,
            test,
            num_classes=num_classes,
            num_steps=FLAGS.num_steps,
            measure_every=FLAGS.measure_every,
            batch_size=FLAGS.batch_size,
            learning_rate=FLAGS.learning_rate,
            seed=FLAGS.seed,
            description=name,
        )
    )


if __name__ == "__main__":
    command_line.run(main, commands.PROBE, opening.with_record)
