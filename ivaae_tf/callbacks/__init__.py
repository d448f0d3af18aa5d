"""What happens beside the training step: progress, logs, pictures, checkpoints."""

from ivaae_tf.callbacks.checkpoint import Checkpoint
from ivaae_tf.callbacks.evaluation import Evaluation
from ivaae_tf.callbacks.history import History
from ivaae_tf.callbacks.non_finite import StopOnNonFinite
from ivaae_tf.callbacks.pictures import Pictures
from ivaae_tf.callbacks.progress import LossProgress
from ivaae_tf.callbacks.scalars import Scalars

__all__ = [
    "Checkpoint",
    "Evaluation",
    "History",
    "LossProgress",
    "Pictures",
    "Scalars",
    "StopOnNonFinite",
]
