"""The folder of a training: its last checkpoints, its history and its curves."""

import contextlib
import functools
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from ivaae_tf.program.atomic_files import locked, remove_incomplete, replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, read_json, read_or_set_aside, set_aside
from ivaae_tf.program.errors import UserError

if TYPE_CHECKING:
    from ivaae_tf.models.autoencoder import InterventionAutoencoder
    from ivaae_tf.runs.tensorboard_writer import TensorBoardWriter


_History = dict[Annotated[int, msgspec.Meta(ge=1)], dict[str, float]]


class TrainingDirectory:
    """A folder from which training continues; `create_and_lock` makes it if it is missing.

    Methods import TensorFlow only if they need it, so that a report is made without it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.last_checkpoint_path = self.path / "checkpoints" / "last.keras"
        self._previous_path = self.path / "checkpoints" / "previous.keras"
        self._in_epoch_path = self.path / "checkpoints" / "in_epoch.keras"
        self.history_path = self.path / "history.json"
        self.logs_path = self.path / "logs"
        self._lock = contextlib.ExitStack()
        self._lock_path = self.path / ".lock"

    def create_and_lock(self) -> None:
        """Makes the folder and locks it until `unlock`, or until this process ends.

        Removes what a killed process left; a damaged history is reported and moved aside.

        Raises:
            UserError: If the folder cannot be written to, or another process trains in it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.enter_context(locked(self._lock_path, wait=False))
        except BlockingIOError as error:
            raise UserError(f"--workdir: another process is training in {self.path}") from error
        except OSError as error:
            raise UserError(
                f"--workdir: {self.path} cannot be written to ({error.strerror})"
            ) from error
        remove_incomplete(self.path)
        remove_incomplete(self.last_checkpoint_path.parent)
        read_or_set_aside(self.history_path, self.read_history)

    def unlock(self) -> None:
        """Writes what the curves have buffered, and lets others train in the folder."""
        self.flush_curves()
        self._lock.close()

    def wait_for_other_process(self) -> None:
        """Makes the folder, and waits until no process trains in it."""
        with locked(self._lock_path):
            pass

    @functools.cached_property
    def writer(self) -> "TensorBoardWriter":
        """The TensorBoard writer of settings, pictures and scores, which count epochs."""
        from ivaae_tf.runs.tensorboard_writer import TensorBoardWriter

        return TensorBoardWriter(self.logs_path)

    @functools.cached_property
    def log_writers(self) -> "dict[str, TensorBoardWriter]":
        """The writers of the values of steps, and of averages of epochs, both at their step.

        TensorBoard shows them as two runs, with the same charts.
        """
        from ivaae_tf.runs.tensorboard_writer import TensorBoardWriter

        return {name: TensorBoardWriter(self.logs_path / name) for name in ("step", "epoch")}

    def flush_curves(self, to_disk: bool = False) -> None:
        """Makes all curves visible to TensorBoard; see `TensorBoardWriter.flush`."""
        for writer in (self.writer, *self.log_writers.values()):
            writer.flush(to_disk)

    # checkpoints/: in_epoch.keras, last.keras, previous.keras

    def save_last(self, model: "InterventionAutoencoder") -> None:
        """Saves the state after a finished epoch."""
        self._save(model, self.last_checkpoint_path)

    def keep_last(self, epoch: int) -> None:
        """Copies the last checkpoint to a permanent file of its epoch."""
        kept = self.last_checkpoint_path.with_name(f"epoch_{epoch:04d}.keras")
        with replace_when_complete(kept) as temporary:
            try:
                temporary.hardlink_to(self.last_checkpoint_path)
            except OSError:  # Not every file system has hard links.
                shutil.copyfile(self.last_checkpoint_path, temporary)

    def save_in_epoch(self, model: "InterventionAutoencoder") -> None:
        """Saves the state in the middle of an epoch, with its averages."""
        self._save(model, self._in_epoch_path)

    def _save(self, model: "InterventionAutoencoder", path: Path) -> None:
        """Saves a checkpoint; the newest earlier one stays, under one of the names."""
        from ivaae_tf.models import checkpoints

        def keep_newest() -> None:
            if self._in_epoch_path.exists():
                self._in_epoch_path.replace(self._previous_path)
            elif path == self.last_checkpoint_path and path.exists():
                # Until the new file has this name, the old one has both names.
                self._previous_path.unlink(missing_ok=True)
                try:
                    self._previous_path.hardlink_to(path)
                except OSError:  # Not every file system has hard links.
                    path.replace(self._previous_path)

        self.flush_curves(to_disk=True)  # No curve may be shorter than the training.
        checkpoints.save(model, path, keep_newest)

    def restore_last(self, model: "InterventionAutoencoder") -> None:
        """Loads the newest checkpoint into the compiled model, if there is one.

        A damaged one is reported and moved aside, and the one before it is loaded.

        Raises:
            UserError: If no checkpoint is undamaged, or the newest belongs to another model.
        """
        from ivaae_tf.models import checkpoints

        steps, damaged = self._read_steps()
        newest = max(steps, key=lambda path: steps[path], default=None)
        for path, problem in damaged.items():
            if newest is None:
                raise UserError(f"{problem}; move it away to start again")
            set_aside(path, f"{problem}; {newest.name} has step {steps[newest]}")
        if newest is not None:
            checkpoints.restore(model, newest)

    def newest_step(self) -> int:
        """Returns the step of the newest undamaged checkpoint; 0 if there is none."""
        return max(self._read_steps()[0].values(), default=0)

    def drop_newest(self, reason: str) -> int:
        """Moves the newest checkpoint aside if there is an older one; returns the newest step."""
        steps, _ = self._read_steps()
        newest = max(steps.values())
        older = {path: step for path, step in steps.items() if step < newest}
        if not older:
            return newest
        for path in steps.keys() - older.keys():
            set_aside(path, reason, "diverging")
        if self.last_checkpoint_path not in older:
            max(older, key=lambda path: older[path]).replace(self.last_checkpoint_path)
        return max(older.values())

    def restores(self) -> list[int]:
        """Returns the steps to which the training was restored after a non-finite value."""
        return []

    def _read_steps(self) -> tuple[dict[Path, int], dict[Path, DamagedFileError]]:
        """Returns the steps of the undamaged checkpoints, and what is wrong with the others."""
        from ivaae_tf.models import checkpoints

        steps, damaged = {}, {}
        for path in (self._in_epoch_path, self.last_checkpoint_path, self._previous_path):
            if path.exists():
                try:
                    steps[path] = checkpoints.steps_trained(path)
                except DamagedFileError as error:
                    damaged[path] = error
        return steps, damaged

    # history.json and logs/

    def cut_back(self, step: int, epoch: int, end_of_epoch: int) -> None:
        """Removes the curves and averages that a resumed training writes again.

        Args:
            step: The last step that the restored model has.
            epoch: The number of its finished epochs.
            end_of_epoch: The last step of these.
        """
        self.writer.cut_back(epoch)
        self.log_writers["step"].cut_back(step)
        self.log_writers["epoch"].cut_back(end_of_epoch)
        history = self.read_history()
        if any(number > epoch for number in history):
            kept = {number: logs for number, logs in history.items() if number <= epoch}
            self._write_history(kept)

    def add_to_history(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Adds the averages of an epoch, or replaces them if it was trained again."""
        self._write_history({**self.read_history(), epoch: dict(logs)})

    def _write_history(self, history: Mapping[int, Mapping[str, float]]) -> None:
        with replace_when_complete(self.history_path) as path:
            path.write_text(json.dumps(history, indent=1) + "\n", "utf-8")

    def read_history(self) -> dict[int, dict[str, float]]:
        """Returns the averages of each finished epoch, by its number from 1.

        Raises:
            UserError: If the file is damaged.
        """
        if not self.history_path.exists():
            return {}
        return read_json(self.history_path, _History)
