"""Says what a training would be, without training."""

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.precision import seconds_of_a_step
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.settings import Settings
from pipelines.image_dataset import ImageDataset


def describe(
    settings: Settings,
    dataset: ImageDataset,
    model: InterventionAutoencoder,
    epochs: int,
    run: RunDirectory,
) -> str:
    """Returns settings, parameters, steps, times and files of a training, as lines.

    Steps on noise are timed on one device; their number alone is exact.

    Args:
        settings: The settings.
        dataset: The data.
        model: The model that would be trained.
        epochs: Number of epochs at the end of the training.
        run: The run's folder, which need not exist.
    """
    steps = settings.steps_per_epoch(dataset.num_images("train"))
    seconds = seconds_of_a_step(settings, model.image_shape)
    resolved = settings.resolved().to_record()
    networks = {"encoder": model.encoder, "decoder": model.decoder, "D": model.divergence}
    facts = {
        "settings": " ".join(
            f"--{name}={_text(value)}" for name, value in resolved.items() if value is not None
        ),
        "parameters": ", ".join(f"{name} {net.count_params():,}" for name, net in networks.items()),
        "data": f"{dataset.name}, {dataset.num_images('train'):,} training images and "
        f"{dataset.num_images('validation'):,} for validation",
        "steps": f"{epochs:,} epochs of {steps:,} steps, {epochs * steps:,} in all",
        "time": f"{1000 * seconds:.3g} ms a step on noise, measured now; "
        f"{_time(steps * seconds)} an epoch and {_time(epochs * steps * seconds)} in all, without "
        "reading images, pictures and scores",
        "would write": f"{run.path}: run.json, history.json, checkpoints/, logs/, pictures, and "
        "scores.json unless --evaluate_every=0",
    }
    if run.record_path.exists():
        facts["would go on"] = f"the run in {run.path}, at step {run.newest_step():,}"
    width = max(map(len, facts))
    return "\n".join(f"{name.ljust(width)}  {fact}" for name, fact in facts.items())


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2g} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
