"""Callbacks of training: progress, logs, pictures, scores and checkpoints."""

from ivaae_tf.callbacks.evaluation import Evaluation
from ivaae_tf.callbacks.non_finite import NonFiniteError, TerminateOnNonFinite, check_codes
from ivaae_tf.callbacks.on_device import CallbacksOnDevice
from ivaae_tf.callbacks.pictures import TensorBoardImages
from ivaae_tf.callbacks.profile import Profile
from ivaae_tf.callbacks.progress import LossProgressBar
from ivaae_tf.callbacks.run_files import HistoryFile, LastCheckpoint
from ivaae_tf.callbacks.save_points import SavePoints
from ivaae_tf.callbacks.scalars import TensorBoardScalars
from ivaae_tf.callbacks.training_warnings import TrainingWarnings

__all__ = [
    "CallbacksOnDevice",
    "Evaluation",
    "HistoryFile",
    "LastCheckpoint",
    "LossProgressBar",
    "NonFiniteError",
    "Profile",
    "SavePoints",
    "TensorBoardImages",
    "TensorBoardScalars",
    "TerminateOnNonFinite",
    "TrainingWarnings",
    "check_codes",
]
