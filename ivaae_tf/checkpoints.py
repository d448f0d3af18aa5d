"""Checkpoints: `.keras` files of a model, its optimizers, step and random state."""

import os
import zipfile

import keras

# What a checkpoint is made of; importing it makes it known to Keras.
from ivaae_tf import methods, optimizers  # noqa: F401
from ivaae_tf.autoencoder import InterventionAutoencoder
from pipelines.atomic import replace_when_complete
from pipelines.errors import UserError

_DAMAGE = (ValueError, KeyError, OSError, zipfile.BadZipFile)


def save(model: InterventionAutoencoder, path: str | os.PathLike) -> None:
    """Saves a compiled model: weights, optimizers, step and random state.

    Keras's ModelCheckpoint and BackupAndRestore overwrite the old file, and a process that is
    killed then leaves half a file; here the complete new file takes the place of the old one.

    Args:
        model: A compiled model.
        path: The file, ending in ".keras".
    """
    with replace_when_complete(path) as temporary:
        model.save(temporary)


def load_model(path: str | os.PathLike) -> InterventionAutoencoder:
    """Returns the compiled model of a checkpoint.

    Args:
        path: The file, such as `runs/demo/checkpoints/last.keras`.

    Raises:
        UserError: If there is none or it is damaged.
    """
    try:
        return keras.saving.load_model(path)
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def restore(model: InterventionAutoencoder, path: str | os.PathLike) -> None:
    """Loads a checkpoint into a compiled model: weights, optimizers, step and random state.

    Raises:
        UserError: If the checkpoint is damaged or belongs to another model.
    """
    try:
        model.load_weights(path)
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | os.PathLike, error: Exception) -> UserError:
    first_line = str(error).strip().partition("\n")[0]
    return UserError(f"{path} is damaged or holds a model of another shape: {first_line}")
