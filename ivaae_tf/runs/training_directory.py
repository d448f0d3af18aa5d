"""The folder of a training: its last checkpoint, its history and its curves."""

import contextlib
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from pipelines.atomic import locked, remove_incomplete, replace_when_complete
from pipelines.errors import UserError
from pipelines.stored_files import read_json, read_or_set_aside

if TYPE_CHECKING:
    from ivaae_tf.autoencoder import InterventionAutoencoder
    from ivaae_tf.runs.writer import TensorBoardWriter


_History = dict[Annotated[int, msgspec.Meta(ge=1)], dict[str, float]]


class TrainingDirectory:
    """A folder from which training continues; `create_and_lock` makes it if it is missing.

    Only what needs TensorFlow imports it, so that a report is made without.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.last_checkpoint_path = self.path / "checkpoints" / "last.keras"
        self.history_path = self.path / "history.json"
        self.logs_path = self.path / "logs"

    def create_and_lock(self) -> None:
        """Makes the folder and locks it until this process ends.

        What a killed process left is removed, and a damaged history is set aside, with a line.

        Raises:
            UserError: If the folder cannot be written to, or another process trains in it.
        """
        self._lock = contextlib.ExitStack()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.enter_context(locked(self.path / ".lock", wait=False))
        except BlockingIOError as error:
            raise UserError(f"--workdir: another process is training in {self.path}") from error
        except OSError as error:
            raise UserError(
                f"--workdir: {self.path} cannot be written to ({error.strerror})"
            ) from error
        remove_incomplete(self.path)
        remove_incomplete(self.last_checkpoint_path.parent)
        read_or_set_aside(self.history_path, self.read_history)

    @functools.cached_property
    def writer(self) -> "TensorBoardWriter":
        """The TensorBoard writer of this process."""
        from ivaae_tf.runs.writer import TensorBoardWriter

        return TensorBoardWriter(self.logs_path)

    # checkpoints/last.keras

    def save_last(self, model: "InterventionAutoencoder") -> None:
        """Saves the state from which training continues."""
        from ivaae_tf import checkpoints

        checkpoints.save(model, self.last_checkpoint_path)

    def restore_last(self, model: "InterventionAutoencoder") -> None:
        """Loads the last checkpoint into the compiled model, if there is one.

        Raises:
            UserError: If the checkpoint is damaged or belongs to another model.
        """
        from ivaae_tf import checkpoints

        if self.last_checkpoint_path.exists():
            checkpoints.restore(model, self.last_checkpoint_path)

    # history.json

    def add_to_history(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Adds the averages of an epoch, or replaces them if it was trained again."""
        history = {**self.read_history(), epoch: dict(logs)}
        with replace_when_complete(self.history_path) as path:
            path.write_text(json.dumps(history, indent=1) + "\n")

    def read_history(self) -> dict[int, dict[str, float]]:
        """Returns the averages of each finished epoch, by its number from 1.

        Raises:
            UserError: If the file is damaged.
        """
        if not self.history_path.exists():
            return {}
        return read_json(self.history_path, _History)
