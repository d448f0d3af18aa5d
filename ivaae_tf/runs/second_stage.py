"""The folder of a run's second stage, and its record."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ivaae_tf.models import checkpoints
from ivaae_tf.models.second_stage import SecondStage
from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, read_json
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.fitting import check_equal
from ivaae_tf.runs.training_directory import TrainingDirectory
from ivaae_tf.second_stage_settings import SecondStageSettings


@dataclasses.dataclass(frozen=True)
class SecondStageRecord:
    """The settings of a second stage, and the codes that it is trained on.

    Attributes:
        settings: Its settings.
        first_stage_epoch: Number of epochs after which the first stage computed the codes.
        num_codes: Number of codes, one per training image.
        mean: Mean of the codes, d numbers.
        scale: Standard deviation of each coordinate of the codes, d numbers.
    """

    settings: SecondStageSettings
    first_stage_epoch: int
    num_codes: int
    mean: Sequence[float]
    scale: Sequence[float]

    @classmethod
    def of(
        cls, settings: SecondStageSettings, codes: np.ndarray, first_stage_epoch: int
    ) -> "SecondStageRecord":
        """Returns the record of a second stage for codes (n, d), one draw per training image.

        Raises:
            UserError: If there is not one whole batch.
        """
        if settings.batch_size > len(codes):
            raise UserError(
                f"--batch_size must be at most the {len(codes)} training images; found "
                f"{settings.batch_size}"
            )
        scale = codes.std(axis=0, dtype=np.float64)
        return cls(
            settings,
            first_stage_epoch,
            num_codes=len(codes),
            mean=codes.mean(axis=0, dtype=np.float64).tolist(),
            scale=np.where(scale > 0, scale, 1).tolist(),  # a constant coordinate stays so
        )

    def standardize(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns (codes − mean) / scale, shape (m, d)."""
        return (codes - tf.constant(self.mean, tf.float32)) / tf.constant(self.scale, tf.float32)

    @property
    def steps_per_epoch(self) -> int:
        """The number of whole batches in the codes."""
        return self.num_codes // self.settings.batch_size

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary for JSON."""
        return {**vars(self), "settings": self.settings.to_record()}

    @classmethod
    def read(cls, path: Path) -> "SecondStageRecord":
        """Returns the record in a file that contains the result of `to_json`.

        Raises:
            DamagedFileError: If it contains something else.
        """
        record = read_json(path, cls)
        reason = None
        if record.num_codes < record.settings.batch_size or record.settings.batch_size < 1:
            reason = f"{record.num_codes} codes have no batch of {record.settings.batch_size}"
        elif not record.mean or len(record.mean) != len(record.scale):
            reason = f"{len(record.mean)} means, {len(record.scale)} scales"
        elif not np.all(np.isfinite([*record.mean, *record.scale])) or min(record.scale) <= 0:
            reason = "a mean or a scale is not a number, or a scale is not above 0"
        if reason is not None:
            raise DamagedFileError(path, reason)
        return record


class SecondStageDirectory(TrainingDirectory):
    """The folder `second_stage` in the folder of a run."""

    def __init__(self, path: str | Path):
        super().__init__(path)
        self.record_path = self.path / "second_stage.json"

    def clear(self) -> None:
        """Removes the second stage; the record last, so that no checkpoint is left without it.

        The new training removes the curves.
        """
        shutil.rmtree(self.last_checkpoint_path.parent, ignore_errors=True)
        for file in (self.history_path, self.record_path):
            file.unlink(missing_ok=True)

    def record_or_check(self, record: SecondStageRecord) -> SecondStageRecord:
        """Writes the record of a new second stage, or returns the one in the folder.

        Raises:
            UserError: If that belongs to another first stage, or has another setting.
        """
        if not self.record_path.exists():
            with replace_when_complete(self.record_path) as path:
                path.write_text(json.dumps(record.to_json(), indent=1) + "\n", "utf-8")
            return record
        earlier = self._read_record()
        if earlier.first_stage_epoch != record.first_stage_epoch:
            raise UserError(
                f"--workdir: the second stage in {self.path} belongs to the model after "
                f"{earlier.first_stage_epoch} epochs, but the checkpoint has "
                f"{record.first_stage_epoch}; give --overwrite to start a new one"
            )
        self._check_dimension(earlier, len(record.mean))
        before = earlier.settings.to_record()
        for name, value in record.settings.to_record().items():
            if before[name] != value:
                raise UserError(
                    f"--{name}: the second stage in {self.path} has {before[name]!r}, this command "
                    f"{value!r}; give the same value, or --overwrite to start a new one"
                )
        return earlier

    def load_sampler(self, epoch: int, latent_dim: int) -> SecondStage:
        """Returns the sampler of the last checkpoint.

        Args:
            epoch: Number of epochs of the first stage.
            latent_dim: Dimension of its codes.

        Raises:
            UserError: If it is missing, damaged or of other codes.
        """
        advice = "`ivaae second_stage` trains one"
        if not (self.record_path.exists() and self.last_checkpoint_path.exists()):
            raise UserError(f"--sampler=second_stage: no second stage in {self.path}; {advice}")
        record = self._read_record()
        if record.first_stage_epoch != epoch:
            raise UserError(
                f"--sampler=second_stage: {self.path} belongs to the model after "
                f"{record.first_stage_epoch} epochs, but the checkpoint has {epoch}; {advice}"
            )
        self._check_dimension(record, latent_dim)
        path = self.last_checkpoint_path
        model = checkpoints.load_model(path)
        likelihood = type(getattr(model, "likelihood", None)).__name__
        found = {"shape": model.image_shape, "codes": model.latent_dim, "likelihood": likelihood}
        expected = {"shape": (latent_dim,), "codes": latent_dim, "likelihood": "GaussianLikelihood"}
        check_equal(path, self.record_path.name, found, expected)
        num_epochs = model.steps_trained // record.steps_per_epoch
        return SecondStage(model, record.mean, record.scale, num_epochs)

    def _check_dimension(self, record: SecondStageRecord, latent_dim: int) -> None:
        if len(record.mean) != latent_dim:
            raise UserError(
                f"{self.record_path} has codes of dimension {len(record.mean)}, expected "
                f"{latent_dim}, as the model has; give --overwrite to start a new second stage"
            )

    def _read_record(self) -> SecondStageRecord:
        try:
            return SecondStageRecord.read(self.record_path)
        except DamagedFileError as error:
            raise UserError(f"{error}; give --overwrite to start a new second stage") from error
