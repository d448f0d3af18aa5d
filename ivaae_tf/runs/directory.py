"""The folder of a run, with all files that training and evaluation write."""

import dataclasses
import shlex
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivaae_tf.methods import METHODS
from ivaae_tf.metrics.score import Score
from ivaae_tf.plots.images import read_whole_png, save_png
from ivaae_tf.program.damaged_files import DamagedFileError, read_or_set_aside, set_aside
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.covariance import Covariance
from ivaae_tf.runs.record import RunRecord
from ivaae_tf.runs.score_file import merge_scores, read_scores
from ivaae_tf.runs.training_directory import TrainingDirectory
from ivaae_tf.setting_fields import is_object_name, whole_batches

if TYPE_CHECKING:
    from ivaae_tf.models.autoencoder import InterventionAutoencoder
    from ivaae_tf.models.samplers import Sampler
    from ivaae_tf.runs.second_stage import SecondStageDirectory
    from pipelines.records.image_dataset import ImageDataset

_MIXTURES = {"gmm": "gaussian_mixture.npz", "class_gmm": "class_mixture.npz"}
_FLAGS_OF_PLACES = {"folder": "--image_folder", "array": "--array"}


class RunDirectory(TrainingDirectory):
    """The folder given as --workdir."""

    def __init__(self, path: str | Path):
        super().__init__(path)
        self.record_path = self.path / "run.json"
        self.best_checkpoint_path = self.path / "checkpoints" / "best.keras"
        self.scores_path = self.path / "scores.json"
        self.mixture_paths = {name: self.path / file for name, file in _MIXTURES.items()}
        self.class_codes_path = self.path / "class_codes.npz"
        self.calibration_path = self.path / "calibration.npz"
        self.samples_path = self.path / "samples.png"
        self.reconstructions_path = self.path / "reconstructions.png"
        self.pictures = {"samples": self.samples_path, "reconstructions": self.reconstructions_path}
        self.pictures["codes"] = self.path / "codes.png"
        self.nearest_path = self.path / "nearest_training_images.png"
        self.code_covariance_path = self.path / "code_covariance.csv"

    def summary(self) -> str:
        """Returns the paths of the main outputs, and the command that opens TensorBoard."""
        files = {**self.pictures, "checkpoint": self.last_checkpoint_path}
        lines = [f"{name:15}  {path}\n" for name, path in files.items() if path.exists()]
        tensorboard = [sys.executable, "-m", "tensorboard.main", "--logdir", str(self.logs_path)]
        return f"{''.join(lines)}TensorBoard      {shlex.join(tensorboard)}"

    def create_and_lock(self) -> None:
        """Makes and locks the folder like `TrainingDirectory`; moves damaged scores aside."""
        super().create_and_lock()
        read_or_set_aside(self.scores_path, self.read_scores)

    # run.json

    def record_or_check(self, record: RunRecord, may_change: Collection[str] = ()) -> None:
        """Writes the record of a new run, or checks that the folder has the same run.

        Args:
            record: The record of this command.
            may_change: Names of settings that may differ; the record gets them, and what they were.

        Raises:
            UserError: If the folder has a run with another setting or other data.
        """
        if not self.record_path.exists():
            record.write(self.record_path)
            return
        earlier = self.read_record()
        record.check_continues(earlier, self.path, may_change)
        changed = earlier.with_settings_of(record, max(self.read_history(), default=0))
        if changed is not earlier:
            changed.write(self.record_path)

    def record_restore(self, reason: str, step: int) -> None:
        """Adds to the record that the run was restored to a step."""
        record = self.read_record()
        change = {"setting": "noise", "reason": reason, "step": step}
        dataclasses.replace(record, changes=(*record.changes, change)).write(self.record_path)

    def restores(self) -> list[int]:
        """Returns the steps to which the run was restored."""
        changes = self.read_record().changes if self.record_path.exists() else ()
        return [change["step"] for change in changes if change["setting"] == "noise"]

    def read_record(self) -> RunRecord:
        """Returns the record of the run.

        Raises:
            UserError: If there is none, or it cannot be read.
        """
        return RunRecord.read(self.record_path)

    def check_has_encoder(self, with_chain: bool = False) -> None:
        """Checks that the model of the run has an encoder.

        Args:
            with_chain: Whether the method must also have an intervention chain.

        Raises:
            UserError: If not.
        """
        method = self.read_record().settings.method
        row = METHODS[method]
        needed = {"encoder": row.has_encoder, "intervention chain": row.has_chain or not with_chain}
        for part, is_there in needed.items():
            if not is_there:
                raise UserError(
                    f"--workdir: {self.path} was trained with {method}, which has no {part}"
                )

    @property
    def not_data(self) -> list[Path]:
        """The folders of this run and of the runs beside it, which may be in a folder of images."""
        beside = self.path.parent.glob(f"*/{self.record_path.name}")
        return [self.path, *(record.parent for record in beside)]

    def open_dataset(
        self,
        data_dir: str,
        *,
        given: "ImageDataset | None" = None,
        label: str | None = None,
        flags: Mapping[str, str] = _FLAGS_OF_PLACES,
        **options: Any,
    ) -> "ImageDataset":
        """Opens the data that the run was trained on.

        Args:
            data_dir: The folder of all records.
            given: The data, if they are open; only compared with what the run was trained on.
            label: The label, where it is not the class.
            flags: Name of a data set -> the flag of its place, of those that the command has.
            **options: Others of `pipelines.datasets.reopen_dataset`.

        Raises:
            UserError: If the data are not found, or have changed.
        """
        from pipelines import datasets

        record = self.read_record()
        data, settings = record.data, record.settings
        options |= {"data_dir": data_dir, "exclude": self.not_data, "kind": record.kind.plural}
        dataset = given or datasets.reopen_dataset(data["name"], data["records"], flags, **options)
        if record.uses_labels:
            label = label or data.get("label")
        dataset = dataset.with_fit(settings.fit, settings.crop).with_label(label)
        if data["fingerprint"] != dataset.fingerprint:
            what = "data: the images and labels" if given else "--data_dir: the images"
            raise UserError(
                f"{what} of {data['name']!r} differ from the training data of {self.path}"
            )
        return dataset

    def epochs_trained(self, model: "InterventionAutoencoder") -> int:
        """Returns the number of finished epochs of the run's model."""
        record = self.read_record()
        steps = whole_batches(record.data["num_images"]["train"], record.settings.batch_size)
        return model.steps_trained // steps

    # checkpoints/best.keras

    def save_best(self, model: "InterventionAutoencoder") -> None:
        """Saves the model with the best score so far."""
        from ivaae_tf.models import checkpoints

        checkpoints.save(model, self.best_checkpoint_path)

    def load_best(self) -> "InterventionAutoencoder":
        """Returns the model with the best score, or the last model if none was scored.

        If the run has moving averages of the weights, they are its weights.
        A damaged checkpoint is reported, and the next one is loaded.

        Raises:
            UserError: If there is no checkpoint of a finished epoch, all are damaged, one is of
                another run, or one has classes of the user's networks that are not imported.
        """
        from ivaae_tf.models import checkpoints
        from ivaae_tf.runs import fitting

        record = self.read_record()
        problem = None
        for path in (self.best_checkpoint_path, self.last_checkpoint_path, self._previous_path):
            if not path.exists():
                continue
            if problem is not None:
                print(f"warning: {problem}; {path.name} is used", file=sys.stderr)
            try:
                model = checkpoints.load_model(path)
            except checkpoints.UnknownClassError as error:
                network = record.settings.network
                name = network if is_object_name(network) else "module:Name"
                raise UserError(f"{error}; in a command, --network={name} imports it") from error
            except DamagedFileError as error:
                problem = error
            else:
                fitting.check_is_of(record, model, path)
                model.weight_average.assign_to_weights()
                return model
        raise problem or UserError(f"--workdir: {self.path} has no checkpoint yet")

    def restore_last(self, model: "InterventionAutoencoder") -> None:
        """Restores like `TrainingDirectory`, and moves a damaged best checkpoint aside."""
        from ivaae_tf.models import checkpoints

        super().restore_last(model)
        if self.best_checkpoint_path.exists():
            try:
                checkpoints.steps_trained(self.best_checkpoint_path)
            except DamagedFileError as error:
                set_aside(self.best_checkpoint_path, str(error))

    # gaussian_mixture.npz, class_mixture.npz, second_stage/

    @property
    def second_stage(self) -> "SecondStageDirectory":
        """The folder of the run's second stage."""
        from ivaae_tf.runs.second_stage import SecondStageDirectory

        return SecondStageDirectory(self.path / "second_stage")

    def load_sampler(self, name: str, model: "InterventionAutoencoder") -> "Sampler":
        """Returns a sampler of codes for the run's model.

        Args:
            name: A name of `SAMPLERS`.
            model: The result of `load_best`.

        Raises:
            UserError: If it is missing, damaged or of other codes.
        """
        from ivaae_tf.models.samplers import MIXTURES, Prior, with_labels

        epoch, d = self.epochs_trained(model), model.latent_dim
        if name == "prior":
            draw = Prior(model.prior, model.labels.component_names or self.read_record().categories)
        elif name in MIXTURES:
            draw = MIXTURES[name].load(self.mixture_paths[name], epoch, d)
        else:
            draw = self.second_stage.load_sampler(epoch, d)
        return with_labels(draw, model.labels)

    # scores.json

    def add_scores(self, scores: Iterable[Score]) -> None:
        """Adds scores to `scores.json` and to TensorBoard."""
        scores = list(scores)
        merge_scores(self.scores_path, scores)
        self.writer.scores(scores)

    def read_scores(self) -> list[Score]:
        """Returns all scores of the run, in the order of their first computation.

        Raises:
            UserError: If the file is damaged.
        """
        return read_scores(self.scores_path)

    # samples.png, reconstructions.png, codes.png, code_covariance.csv

    def write_picture(self, name: str, picture: np.ndarray) -> None:
        """Replaces the newest picture with a name of `pictures`, (height, width, 1 or 3), uint8."""
        save_png(self.pictures[name], picture)

    def write_nearest(self, pairs: np.ndarray) -> None:
        """Replaces the picture of new images and their nearest training images, as above."""
        save_png(self.nearest_path, pairs)

    def read_picture(self, path: Path) -> bytes | None:
        """Returns one of the pictures as PNG, or None if it is missing.

        Raises:
            UserError: If the file is damaged.
        """
        return read_whole_png(path) if path.exists() else None

    def write_code_covariance(self, covariance: np.ndarray, num_codes: int, epoch: int) -> None:
        """Writes the covariance (d, d) of validation codes, with a comment on its origin."""
        origin = f"covariance of {num_codes} validation codes after epoch {epoch}"
        Covariance(covariance, origin).write(self.code_covariance_path)

    def read_code_covariance(self) -> Covariance | None:
        """Returns the covariance of the codes, or None if it is missing.

        Raises:
            UserError: If the file is damaged, or of codes of another dimension.
        """
        if not self.code_covariance_path.exists():
            return None
        return Covariance.read(self.code_covariance_path, self.read_record().settings.code_dim)
