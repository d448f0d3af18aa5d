"""What a training run leaves on disk, and how it is found again."""

import dataclasses
import fcntl
import functools
import importlib.metadata
import json
import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf

from ivaae_tf import checkpoints
from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.metrics.score import Score
from ivaae_tf.metrics.score_file import write_scores
from ivaae_tf.options import Settings
from pipelines import datasets
from pipelines.atomic import remove_incomplete, replace_when_complete
from pipelines.datasets import ImageDataset
from pipelines.errors import UserError

_PACKAGES = (
    "tensorflow",
    "keras",
    "tensorflow-probability",
    "tensorflow-datasets",
    "numpy",
    "pillow",
    "scikit-learn",
)


class RunDirectory:
    """The folder given as --workdir.

    Args:
        path: The folder; `create` makes it where it is missing.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.record_path = self.path / "run.json"
        self.last_checkpoint = self.path / "checkpoints" / "last.keras"
        self.best_checkpoint = self.path / "checkpoints" / "best.keras"
        self.history_path = self.path / "history.json"
        self.scores = self.path / "scores.json"
        self.gaussian_mixture = self.path / "gaussian_mixture.npz"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples.png"
        self.reconstructions = self.path / "reconstructions.png"
        self.code_covariance = self.path / "code_covariance.csv"

    def create(self) -> None:
        """Makes the folder, and holds it for this process until it ends.

        Raises:
            UserError: If the folder cannot be written to, or another process trains in it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # The lock lives as long as this object's open file.
            self._lock = (self.path / ".lock").open("w")
        except OSError as error:
            raise UserError(
                f"--workdir: {self.path} cannot be written to ({error.strerror})"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"--workdir: another process is training in {self.path}") from error
        remove_incomplete(self.path)
        remove_incomplete(self.last_checkpoint.parent)

    def summary(self) -> str:
        """Returns where what a person looks for lies, and the command that opens TensorBoard."""
        return (
            f"samples          {self.samples}\n"
            f"reconstructions  {self.reconstructions}\n"
            f"checkpoint       {self.last_checkpoint}\n"
            f"TensorBoard      {sys.executable} -m tensorboard.main --logdir {self.logs}"
        )

    def record(self, settings: Settings, data: dict, model: InterventionAutoencoder) -> dict:
        """Writes down what the run is, or checks that it is still the same run.

        Args:
            settings: The run's settings.
            data: Facts about the data, with their "fingerprint".
            model: The model; defaults that the settings left open are read from it.

        Returns:
            The record, as it lies in `run.json`.

        Raises:
            UserError: If the folder holds a run with another setting or other data.
        """
        resolved = dataclasses.replace(
            settings,
            num_bridges=model.intervention.num_bridges,
            latent_weight=model.latent_weight,
            bandwidth_scale=getattr(model.intervention, "bandwidth_scale", None),
        )
        record = {
            "settings": dataclasses.asdict(resolved),
            "data": data,
            "parameters": {
                "encoder": model.encoder.count_params(),
                "decoder": model.decoder.count_params(),
                "discriminator": model.divergence.count_params(),
            },
            "versions": {
                "python": platform.python_version(),
                **{package: importlib.metadata.version(package) for package in _PACKAGES},
            },
            "git_commit": _git_commit(),
        }
        record = json.loads(json.dumps(record))  # as it will be read: tuples become lists
        if self.record_path.exists():
            self._check_same_run(record)
            return self.read_record()
        with replace_when_complete(self.record_path) as path:
            path.write_text(json.dumps(record, indent=2) + "\n")
        return record

    def read_record(self) -> dict:
        """Returns the record of the run.

        Raises:
            UserError: If there is none, or it cannot be read.
        """
        try:
            return json.loads(self.record_path.read_text())
        except (OSError, json.JSONDecodeError) as error:
            raise UserError(
                f"--workdir: {self.path} holds no training run (no readable run.json in it)"
            ) from error

    def read_history(self) -> dict[int, dict[str, float]]:
        """Returns each finished epoch's averages, by the number of epochs then trained."""
        if not self.history_path.exists():
            return {}
        return {
            int(epoch): logs for epoch, logs in json.loads(self.history_path.read_text()).items()
        }

    def write_history(self, history: dict[int, dict[str, float]]) -> None:
        """Replaces what `read_history` returns."""
        with replace_when_complete(self.history_path) as path:
            path.write_text(json.dumps(history, indent=1) + "\n")

    def write_code_covariance(self, covariance: np.ndarray, num_codes: int, epoch: int) -> None:
        """Writes the covariance (d, d) of validation codes, under a comment on its origin."""
        origin = f"covariance of {num_codes} validation codes after epoch {epoch}"
        with replace_when_complete(self.code_covariance) as path:
            np.savetxt(path, covariance, fmt="%.6g", delimiter=",", header=origin)

    @functools.cached_property
    def summary_writer(self) -> tf.summary.SummaryWriter:
        """What all of a process writes its curves and pictures for TensorBoard with.

        It is one, as TensorBoard without its fast data server follows the newest file alone.
        """
        return tf.summary.create_file_writer(str(self.logs))

    def add_scores(self, scores: Iterable[Score]) -> None:
        """Adds scores to `scores.json`, and to TensorBoard under `scores/`."""
        scores = list(scores)
        write_scores(self.scores, scores)
        with self.summary_writer.as_default():
            for score in scores:
                sampler = score.conditions.get("sampler", "prior")
                group = "scores" if sampler == "prior" else f"scores_of_{sampler}"
                of = score.conditions.get("of")
                name = f"{score.name}_of_{of}" if of else score.name
                tf.summary.scalar(f"{group}/{name}", score.value, step=score.step)
        self.summary_writer.flush()

    def _check_same_run(self, record: dict) -> None:
        recorded = self.read_record()
        for name, value in record["settings"].items():
            before = recorded["settings"].get(name)
            if before != value:
                raise UserError(
                    f"--{name}: the run in {self.path} has {before!r}, this command {value!r}; "
                    "give the same value, or another --workdir"
                )
        if recorded["data"]["fingerprint"] != record["data"]["fingerprint"]:
            raise UserError(
                f"--dataset: the images of {record['settings']['dataset']!r} have changed since "
                f"the run in {self.path} began; give another --workdir"
            )

    def restore(self, model: InterventionAutoencoder) -> None:
        """Loads the last checkpoint into the compiled model, if there is one.

        Weights, optimizers, step and random state are those at the end of an epoch.

        Raises:
            UserError: If the checkpoint is damaged or belongs to another model.
        """
        if self.last_checkpoint.exists():
            checkpoints.restore(model, self.last_checkpoint)

    def open_dataset(
        self, data_dir: str, image_folder: str | None = None, manual_dir: str | None = None
    ) -> ImageDataset:
        """Opens the data that the run was trained on.

        They are looked for where the run found them, and else as `pipelines.datasets.open_dataset`
        looks for them, whose arguments these are.

        Raises:
            UserError: If they are not there, or are not the same any more.
        """
        data = self.read_record()["data"]
        if image_folder is None and Path(data["records"]).is_dir():
            dataset = datasets.open_records(data["name"], data["records"])
        else:
            dataset = datasets.open_dataset(
                data["name"], data_dir=data_dir, image_folder=image_folder, manual_dir=manual_dir
            )
        if dataset.fingerprint != data["fingerprint"]:
            raise UserError(
                f"--data_dir: the images of {data['name']!r} are not those that the run in "
                f"{self.path} was trained on"
            )
        return dataset

    def epochs_trained(self, model: InterventionAutoencoder) -> int:
        """Returns the number of epochs after which the run's model was saved."""
        record = self.read_record()
        num_images, batch_size = record["data"]["num_images"], record["settings"]["batch_size"]
        return model.steps_trained // (num_images["train"] // batch_size)

    def load_model(self) -> InterventionAutoencoder:
        """Returns the model of the best checkpoint, or of the last where none was judged.

        Raises:
            UserError: If there is no checkpoint or it is damaged.
        """
        self.read_record()
        found = [path for path in (self.best_checkpoint, self.last_checkpoint) if path.exists()]
        if not found:
            raise UserError(f"--workdir: {self.path} holds no checkpoint yet")
        return checkpoints.load_model(found[0])


def _git_commit() -> str | None:
    """Returns the commit of this program's checkout, with + if it was changed, or None.

    An installed program may stand inside another repository, whose commit says nothing of it.
    """
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", __file__)
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None
