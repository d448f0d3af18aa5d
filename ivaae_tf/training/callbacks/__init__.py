"""Callbacks of training: progress, logs, pictures, scores and checkpoints."""

from ivaae_tf.training.callbacks.categories import CategoryErrors
from ivaae_tf.training.callbacks.checkpoints import HistoryFile, LastCheckpoint, SavePoints
from ivaae_tf.training.callbacks.evaluation import Evaluation
from ivaae_tf.training.callbacks.non_finite import NonFiniteError, TerminateOnNonFinite, check_codes
from ivaae_tf.training.callbacks.pictures import TensorBoardImages
from ivaae_tf.training.callbacks.profile import Profile
from ivaae_tf.training.callbacks.progress import LossProgressBar
from ivaae_tf.training.callbacks.scalars import TensorBoardScalars
from ivaae_tf.training.callbacks.warnings import TrainingWarnings

__all__ = [
    "CategoryErrors",
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
