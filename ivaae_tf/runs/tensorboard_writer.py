"""The TensorBoard writer of a process: scalars, images, histograms and hyperparameters."""

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.hparams import api as hparams
from tensorboard.plugins.image.metadata import create_summary_metadata
from tensorboard.plugins.scalar.summary import scalar_pb
from tensorboard.util.tensor_util import make_tensor_proto

from ivaae_tf.metrics.score import Score
from ivaae_tf.program.atomic_files import locked
from ivaae_tf.runs import tensorboard_files
from ivaae_tf.runs.tensorboard_layout import scalar_layout, tag_of

_COMPARED = ("reconstruction_loss", "val_reconstruction_loss", "js_estimate")


class TensorBoardWriter:
    """Writes event files to a folder, the first of them at the first write.

    A process has one writer of a folder, because TensorBoard's slow loader reads only the newest
    event file.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._has_settings = False

    @functools.cached_property
    def _file(self) -> tensorboard_files.EventFile:
        return tensorboard_files.EventFile(self._folder)

    def settings(self, values: Mapping[str, Any]) -> None:
        """Writes settings for the HParams page, and the layout of Custom Scalars, at the start."""
        if self._has_settings:
            return
        metrics = [hparams.Metric(tag_of(name), group="epoch") for name in _COMPARED]
        named = [hparams.HParam(name) for name in values]
        self._file.add(hparams.hparams_config_pb(named, metrics), 0)
        self._file.add(hparams.hparams_pb({k: _as_hparam(v) for k, v in values.items()}), 0)
        self._file.add(scalar_layout(), 0)

    def logs(self, values: Mapping[str, Any], step: int) -> None:
        """Writes the scalars that a training logs, in their groups, at a step."""
        self.scalars({tag_of(name): value for name, value in values.items()}, step)

    def scalars(self, values: Mapping[str, Any], step: int) -> None:
        """Writes scalars by their tags, all in one event, which is ten times faster."""
        summary = Summary()
        for tag, value in values.items():
            summary.MergeFrom(scalar_pb(tag, float(value)))
        self._file.add(summary, step)

    def scores(self, scores: Iterable[Score]) -> None:
        """Writes scores at their epochs, in a separate group for each sampler.

        A score that is there already, such as one of a killed evaluation, is not written again.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder):  # Two evaluations of a run may have the same scores.
            self.flush()
            stored = tensorboard_files.scalars(self._folder, "scores")
            for score in scores:
                sampler = score.conditions.get("sampler", "prior")
                group = "scores" if sampler == "prior" else f"scores_of_{sampler}"
                of = score.conditions.get("of")
                name = f"{score.name}_of_{of}" if of else score.name
                tag, epoch = f"{group}/{name}", score.epoch or 0
                value = float(np.float32(score.value))
                if stored.get((tag, epoch)) != value:
                    self.scalars({tag: score.value}, epoch)
            self.flush()

    def image(self, name: str, picture: np.ndarray, step: int) -> None:
        """Writes one picture, uint8 of shape (height, width, 1 or 3)."""
        height, width, _ = picture.shape
        png = tf.io.encode_png(picture).numpy()
        summary = Summary()
        summary.value.add(
            tag=name,
            tensor=make_tensor_proto([str(width).encode(), str(height).encode(), png]),
            metadata=create_summary_metadata(display_name=None, description=None),
        )
        self._file.add(summary, step)

    def histogram(self, name: str, values: np.ndarray, step: int) -> None:
        """Writes the distribution of values of any shape."""
        self._file.add(histogram_pb(name, values), step)

    def cut_back(self, last: int) -> None:
        """Lets TensorBoard forget all points after the step `last`; with 0, the settings, too."""
        if last == 0:
            vars(self).pop("_file", None)  # so that the next access makes another
            tensorboard_files.remove_others(self._file.path)
        self._file.restart(last + 1 if last else 0)
        self._has_settings = last > 0

    def flush(self, to_disk: bool = False) -> None:
        """Makes everything written so far visible to TensorBoard.

        Args:
            to_disk: Whether it must also be there after a crash of the machine.
        """
        if "_file" in vars(self):
            self._file.flush(to_disk)


def _as_hparam(value: Any) -> Any:
    """Returns the value, as text if the plugin does not know its type."""
    return value if isinstance(value, bool | int | float | str) else str(value)
