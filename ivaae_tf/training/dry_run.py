"""Describes a training run without starting it (--dry_run)."""

from collections.abc import Collection

from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.setting_fields import whole_batches
from ivaae_tf.training.distribute.workers import Workers
from ivaae_tf.training.precision import of_one_replica, seconds_of_a_step
from pipelines.records.image_dataset import ImageDataset


def describe(
    record: RunRecord,
    dataset: ImageDataset,
    epochs: int,
    run: RunDirectory,
    workers: Workers,
    may_change: Collection[str] = (),
) -> str:
    """Returns lines with the settings, parameters, steps, times and files of a training.

    Args:
        record: The record of the planned run.
        dataset: The data.
        epochs: Number of epochs at the end of the training.
        run: The run folder, which need not exist.
        workers: The workers of the training.
        may_change: Names of settings that may differ from the settings of the run.

    Raises:
        UserError: If the run in the folder has other settings or other data.
    """
    settings = record.settings
    steps = whole_batches(dataset.num_images("train"), settings.batch_size)
    image_shape = dataset.shape(settings.image_size)
    seconds = seconds_of_a_step(of_one_replica(settings, workers), image_shape)
    facts = {
        "settings": " ".join(
            f"--{name}={_text(value)}"
            for name, value in settings.to_record().items()
            if value is not None
        ),
        "parameters": ", ".join(f"{name} {count:,}" for name, count in record.parameters.items()),
        "data": f"{dataset.name}, {dataset.num_images('train'):,} training images and "
        f"{dataset.num_images('validation'):,} for validation",
        "steps": f"{epochs:,} epochs of {steps:,} steps, {epochs * steps:,} in all",
        "time": f"{1000 * seconds:.3g} ms a step on noise, measured now on one device; "
        f"{_time(steps * seconds)} an epoch and {_time(epochs * steps * seconds)} in all, "
        "without reading images, pictures and scores",
        "would write": f"{run.path}: run.json, history.json, checkpoints/, logs/, pictures, and "
        "scores.json unless --evaluate_every=0",
    }
    if run.record_path.exists():
        record.check_continues(run.read_record(), run.path, may_change)
        facts["would resume"] = f"the run in {run.path}, at step {run.newest_step():,}"
    width = max(map(len, facts))
    return "\n".join(f"{name.ljust(width)}  {fact}" for name, fact in facts.items())


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
