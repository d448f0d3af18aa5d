"""Checkpoints: `.keras` files of a model, its optimizers, step and random state."""

import os
import zipfile

import keras

# These imports register the classes of a checkpoint with Keras.
from ivaae_tf import building  # noqa: F401
from ivaae_tf.autoencoder import InterventionAutoencoder
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

_DAMAGE = (ValueError, KeyError, OSError, zipfile.BadZipFile)


def save(model: InterventionAutoencoder, path: str | os.PathLike) -> None:
    """Saves a compiled model with optimizers and random state to a `.keras` file.

    Keras's ModelCheckpoint and BackupAndRestore overwrite the old file, so a killed process leaves
    half a file. Here the new file replaces the old one only when it is complete.
    """
    with replace_when_complete(path) as temporary:
        model.save(temporary)


def load_model(path: str | os.PathLike) -> InterventionAutoencoder:
    """Returns the compiled model of a checkpoint.

    Args:
        path: The file, such as `runs/demo/checkpoints/last.keras`.

    Raises:
        UserError: If the file is missing or damaged.
    """
    try:
        return keras.saving.load_model(path)
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def restore(model: InterventionAutoencoder, path: str | os.PathLike) -> None:
    """Loads weights, optimizers, step and random state into a compiled model.

    Raises:
        UserError: If the checkpoint is damaged or belongs to another model.
    """
    try:
        model.load_weights(path)
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | os.PathLike, error: Exception) -> UserError:
    first_line = str(error).strip().partition("\n")[0]
    return UserError(f"{path} is damaged or contains a model of another shape: {first_line}")
