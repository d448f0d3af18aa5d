"""Stability of a finished run's game: its discriminator trained alone."""

from ivaae_tf.evaluation.studies.discriminator_study import (
    reinitialize_discriminator,
    train_discriminator_alone,
    with_two_classes,
)
from ivaae_tf.evaluation.studies.stability_curves import StudiedRun
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.setting_fields import whole_batches
from pipelines.batches import training_batches
from pipelines.records.image_dataset import ImageDataset


def study_run(
    name: str,
    run: RunDirectory,
    dataset: ImageDataset,
    *,
    fresh_discriminator: bool,
    two_classes: bool,
    num_steps: int,
    measure_every: int,
    num_measured_batches: int,
    seed: int,
) -> StudiedRun:
    """Returns the measurements of one run.

    Args:
        name: Name of the run in the figures.
        run: Its folder.
        dataset: Its data.
        fresh_discriminator: Whether the discriminator starts from new weights.
        two_classes: Whether to use a new discriminator of codes and prior.
        num_steps: Steps of the discriminator.
        measure_every: Steps between two measurements.
        num_measured_batches: Training batches per measurement.
        seed: Seed of the new weights.
    """
    settings = run.read_record().settings
    if settings.batches_have_labels:
        raise UserError(
            f"--workdir: the discriminator of {run.path} gets labels; expected one of codes alone"
        )
    model = run.load_best()
    first_epoch = run.epochs_trained(model)
    if two_classes:
        model = with_two_classes(model, settings)
    if fresh_discriminator:
        steps_per_epoch = whole_batches(dataset.num_images("train"), settings.batch_size)
        reinitialize_discriminator(model, settings, steps_per_epoch, seed)
    batches = training_batches(
        dataset,
        image_size=settings.image_size,
        batch_size=settings.batch_size,
        seed=settings.seed,
        first_epoch=first_epoch,  # the order of images continues the order of training
        shuffle_buffer=settings.shuffle_buffer,
        dtype=model.encoder.compute_dtype,
    )
    measurements = train_discriminator_alone(
        model,
        batches,
        num_steps=num_steps,
        measure_every=measure_every,
        num_measured_batches=num_measured_batches,
        description=name,
    )
    return StudiedRun(
        name,
        settings.method,
        model.intervention.num_bridges,
        settings.latent_dim,
        list(measurements),
    )
