"""Intervention Adversarial Auto-Encoders: models, metrics and the programs that run them.

After `import ivaae_tf` a checkpoint opens with `keras.saving.load_model`.
"""

import os

# Before TensorFlow is imported: hides all that it says of processors and of missing CUDA, but for
# one line that it prints before it knows of this.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.methods import build_model
from ivaae_tf.optimizers import FusedAdam

__all__ = ["FusedAdam", "InterventionAutoencoder", "build_model"]
