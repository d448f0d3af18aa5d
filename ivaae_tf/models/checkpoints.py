"""Checkpoints: `.keras` files of a model, its optimizers, step and random state."""

import os
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
from keras.src.backend.common import global_state
from keras.src.saving import saving_lib

from ivaae_tf.models import (
    build,  # noqa: F401  registers the classes of a checkpoint with Keras
    keras_archive,
)
from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError

# Where Keras stores the step of the optimizer of the decoder, which every model has.
_WEIGHTS = "model.weights.h5"
_STEP = "decoder_optimizer/vars/0"


class UnknownClassError(UserError):
    """A file needs a class or function of the user that Keras does not know."""


def save(
    model: MultiOptimizerModel,
    path: str | os.PathLike,
    before_replacing: Callable[[], None] = lambda: None,
) -> None:
    """Saves a compiled model with optimizers and random state to a `.keras` file.

    Keras's ModelCheckpoint and BackupAndRestore overwrite the old file, so a killed process leaves
    a partial file. Here the new file replaces the old one only when it is complete.

    Args:
        model: The model.
        path: The file.
        before_replacing: Called when the new file is complete, before it replaces the old one.
    """
    _cache_skipped_attributes()
    with replace_when_complete(path) as temporary:
        model.save(temporary)
        before_replacing()


def _cache_skipped_attributes() -> None:
    """Caches the lists of attributes that Keras does not save.

    Keras 3.15 stores these lists under another name than it looks up. So each save and load would
    create an object for each part of the model to compute them, a third of its time, and each
    optimizer leaks about 70 kB of memory.
    """
    for kind in ("Functional", "Layer", "Metric", "Optimizer", "Sequential"):
        global_state.set_global_attribute(
            f"saving_attr_skiplist_{kind}", saving_lib.get_attr_skipset(kind)
        )


def steps_trained(path: str | os.PathLike) -> int:
    """Returns the number of steps in a checkpoint, and checks every byte of the file.

    Raises:
        DamagedFileError: If the file is missing or damaged.
    """
    path = Path(path)
    keras_archive.check_content(path)
    with (
        parsing(path, TypeError, AttributeError),  # The step may be of any type or shape.
        zipfile.ZipFile(path) as archive,
        archive.open(_WEIGHTS) as stream,
        h5py.File(stream) as weights,
    ):
        return int(weights[_STEP][()])


def load_model(
    path: str | os.PathLike, custom_objects: Mapping[str, Any] | None = None
) -> MultiOptimizerModel:
    """Returns the compiled model of a checkpoint.

    Args:
        path: The file, such as `runs/demo/checkpoints/last.keras`.
        custom_objects: Name -> class or function of the user, if the model contains some that are
            not registered with Keras.

    Raises:
        UserError: If the file is missing or damaged.
        UnknownClassError: If it needs classes or functions that Keras does not know.
    """
    path = Path(path)
    _cache_skipped_attributes()
    known = {**keras.saving.get_custom_objects(), **(custom_objects or {})}
    keras_archive.check_model(
        path,
        [
            name
            for name, each in known.items()
            if isinstance(each, type) and issubclass(each, MultiOptimizerModel)
        ],
    )
    try:
        with parsing(path, TypeError, AttributeError):  # of objects that Keras cannot make
            return keras.saving.load_model(path, custom_objects=custom_objects, safe_mode=True)
    except DamagedFileError as error:
        if problem := _problem_of_own_class(str(error.__cause__)):
            raise UnknownClassError(f"{path} {problem}") from error
        raise


def _problem_of_own_class(text: str) -> str | None:
    """Returns the problem with a class or function of the user; None for another problem."""
    if unknown := re.search(r"Could not locate (class|function) '([^']+)'", text):
        kind, name = unknown.groups()
        return (
            f"needs the {kind} {name}, which Keras does not know: import the module that registers "
            f"it, or give custom_objects={{'{name}': {name}}}"
        )
    if "Python lambda" in text:
        return "has a Python lambda, which is not loaded from a file; use a class or function"
    classes = re.findall(r"<class '([^']+)'> could not be deserialized properly", text)
    if classes and not classes[-1].startswith(("keras.", "ivaae_tf.")):
        reason = text.rpartition("Exception encountered: ")[2]
        return f"needs the class {classes[-1]}, which Keras cannot make: {reason}"
    return None


def restore(model: MultiOptimizerModel, path: str | os.PathLike) -> None:
    """Loads weights, optimizers, step and random state into a compiled model.

    Args:
        model: The model.
        path: A file that `steps_trained` has checked.

    Raises:
        UserError: If the checkpoint is damaged or belongs to another model.
    """
    path = Path(path)
    _cache_skipped_attributes()
    _check_parts(model, path)
    try:
        with parsing(path, TypeError, AttributeError):
            model.load_weights(path)
    except DamagedFileError as error:
        raise UserError(
            f"{path} is damaged or contains a model of another shape: {error.reason}"
        ) from error


def _check_parts(model: MultiOptimizerModel, path: Path) -> None:
    """Checks that a file has a model with the same parts, whose weights may have equal shapes."""
    stored = keras_archive.configuration(path)
    with parsing(path, TypeError):  # Its values may be of any type.
        parts = {part: stored["config"][part] for part in model.parts if part in stored["config"]}
        found = {part: each["class_name"] for part, each in {"model": stored, **parts}.items()}
    for part, name in found.items():
        expected = type(getattr(model, part, model)).__name__
        if name != expected:
            raise UserError(f"{path} is of another run: its {part} is {name}, expected {expected}")
