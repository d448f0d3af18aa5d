"""The function that trains a run."""

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from ivaae_tf.api.data import find, opened
from ivaae_tf.api.keywords import read
from ivaae_tf.api.options import DataOptions, EvaluationOptions, TrainingOptions
from ivaae_tf.api.run import Run
from ivaae_tf.models.networks.own import networks_of
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.settings import AUTO, Settings
from ivaae_tf.training import precision
from ivaae_tf.training import run as training
from ivaae_tf.training.distribute.workers import Workers
from pipelines.records.image_dataset import ImageDataset


def train(
    workdir: str | os.PathLike,
    data: Any = None,
    labels: Any = None,
    *,
    network: Any = None,
    encoder: keras.Model | None = None,
    decoder: keras.Model | None = None,
    discriminator: keras.Model | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
    distribution: str = "none",
    **options: Any,
) -> Run:
    """Trains a run, or resumes its training.

    The final weights and curves are the same as without an interruption, such as Ctrl-C; what a
    callback has stored in itself is lost. The seeds of Keras, NumPy and Python are set.

    Args:
        workdir: Folder of the run.
        data: Images, as for `open_dataset`; None for the data of the options `dataset`,
            `image_folder` and `array`, by default the embedded digits.
        labels: Labels of an array, as for `open_dataset`.
        network: As for `build_model`: a name, "module:Name", or an object or class of your own.
        encoder: Your encoder, any Keras model, instead of `network`.
        decoder: Your decoder.
        discriminator: Your discriminator.
        callbacks: Keras callbacks, called after the checkpoint of an epoch. With
            `model.stop_training` they end the training after an epoch.
        verbose: 0 to print nothing, 1 for a progress bar, 2 for a line per epoch.
        distribution: "none" for one device, "auto", "mirrored" or "multi_worker".
        options: Every setting and flag of `ivaae train` by its name, such as `epochs=20`.

    Returns:
        The run.

    Raises:
        UserError: If an option is unknown or not valid, or the options, the data and what the
            folder holds do not fit together.
    """
    found = _source(data, labels, options)
    if isinstance(found, ImageDataset):
        source, found = found, {"dataset": found.name}
        options["kind"] = None  # The data have theirs.
    else:
        source = None
    options |= found
    mixed_precision = options.pop("mixed_precision", Settings.mixed_precision)
    networks = networks_of(network, encoder=encoder, decoder=decoder, discriminator=discriminator)
    options["network"] = networks.name
    single = mixed_precision if mixed_precision != AUTO else False
    kinds = (Settings, TrainingOptions, DataOptions, EvaluationOptions)
    settings, plan, places, evaluation = read({**options, "mixed_precision": single}, *kinds)
    run = RunDirectory(Path(workdir))
    workers = Workers(distribution)
    workers.check_flags(
        batch_size=settings.batch_size,
        jit_compile=settings.jit_compile,
        labeled_batch_size=settings.labeled_batch_size if settings.learns_labels else 0,
    )
    open_data = functools.partial(opened, source or settings.dataset, **places.to_record())
    if source is None:
        open_data = functools.partial(open_data, kind=settings.kind)
    try:
        with workers.ending_together(), precision.policy(False):
            training.train(
                settings,
                plan,
                run,
                workers,
                networks=networks,
                open_dataset=open_data,
                evaluation={**evaluation.to_record(), "data_dir": places.data_dir},
                mixed_precision=mixed_precision,
                own_callbacks=callbacks,
                verbose=verbose,
            )
    finally:
        run.unlock()
    return Run(workdir, source)


def _source(data: Any, labels: Any, options: dict[str, Any]) -> ImageDataset | dict[str, str]:
    """Returns the data, or the options that `data` stands for."""
    if data is None and labels is None:
        return {}
    if given := {"dataset", "image_folder", "array"} & options.keys():
        raise UserError(f"data and {given.pop()} are given; expected one of them")
    return find(data, labels, options.get("kind"))
