"""Measures the stability of finished runs' games: Figures 2 and 3 of the paper.

    ivaae stability --workdir=runs/aae --workdir=runs/ivaae --out=runs/stability

Trains the discriminator alone, with the run's batch size, optimizer and order of images. Measures
its cross-entropy, and the norm of the encoder's gradient of the latent loss without weight mu_2.
With --two_classes the discriminator is that of an adversarial auto-encoder for every run.
"""

from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

from absl import flags

from ivaae_tf import commands
from ivaae_tf.commands.data_flags import data_location
from ivaae_tf.evaluation.studies import stability_curves
from ivaae_tf.evaluation.studies.discriminator_study import (
    reinitialize_discriminator,
    train_discriminator_alone,
    with_two_classes,
)
from ivaae_tf.methods import METHODS
from ivaae_tf.program import command_line
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.finished import open_runs
from pipelines import datasets
from pipelines.batches import training_batches
from pipelines.records import opening

FLAGS = flags.FLAGS
commands.STABILITY.define_flags()


def main(argv) -> None:
    """Studies the runs one by one, and writes all finished ones after each."""
    del argv
    if FLAGS.two_classes and not FLAGS.fresh_discriminator:
        raise UserError(
            "--two_classes makes a new discriminator; leave out --nofresh_discriminator"
        )
    runs = open_runs(FLAGS.workdir)
    for run in runs.values():
        run.check_has_encoder(with_chain=True)
        method = run.read_record().settings.method
        if not (METHODS[method].has_discriminator or FLAGS.two_classes):
            raise UserError(
                f"--workdir: {run.path} was trained with {method}, which has no discriminator; "
                "--two_classes makes one"
            )
    datasets_by_run = {
        name: run.open_dataset(**data_location(FLAGS.flag_values_dict()))
        for name, run in runs.items()
    }
    out = Path(FLAGS.out)
    out.mkdir(parents=True, exist_ok=True)
    studied = []
    for name, run in runs.items():
        studied.append(study(name, run, datasets_by_run[name]))
        written = stability_curves.write(out, studied)
    print("\n".join(map(str, written)))


def study(
    name: str, run: RunDirectory, dataset: datasets.ImageDataset
) -> stability_curves.StudiedRun:
    """Returns the measurements of one run."""
    settings = run.read_record().settings
    model = run.load_best()
    first_epoch = run.epochs_trained(model)
    if FLAGS.two_classes:
        model = with_two_classes(model, settings)
    if FLAGS.fresh_discriminator:
        steps_per_epoch = settings.steps_per_epoch(dataset.num_images("train"))
        reinitialize_discriminator(model, settings, steps_per_epoch, FLAGS.seed)
    batches = training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=first_epoch,  # the order of images continues that of training
        shuffle_buffer=settings.shuffle_buffer,
        dtype=model.encoder.compute_dtype,
    )
    measurements = train_discriminator_alone(
        model,
        batches,
        num_steps=FLAGS.num_steps,
        measure_every=FLAGS.measure_every,
        num_measured_batches=FLAGS.num_measured_batches,
        description=name,
    )
    return stability_curves.StudiedRun(
        name,
        settings.method,
        model.intervention.num_bridges,
        settings.latent_dim,
        list(measurements),
    )


if __name__ == "__main__":
    command_line.run(main, commands.STABILITY, opening.with_record)
