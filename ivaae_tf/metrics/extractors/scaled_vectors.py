"""Scaled vectors or signals as their own features, without a network."""

import hashlib
import math

import numpy as np

from ivaae_tf.metrics.extractors.base import FeatureExtractor
from pipelines.records.kinds import Vectors


class ScaledVectors(FeatureExtractor):
    """The rows themselves, each column with mean 0 and variance 1 over the training rows.

    Args:
        kind: The columns or channels, and their scaling.
    """

    resize = "none"
    comparable_with_published_fid = False

    def __init__(self, kind: Vectors):
        self._kind = kind
        self.name = kind.plural
        self.num_features = math.prod(kind.shape)
        self.fingerprint = hashlib.sha256(repr(kind).encode()).hexdigest()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns the features (n, d) of rows in the units of the data."""
        return self._features(images)

    def _features(self, images: np.ndarray) -> np.ndarray:
        return self._kind.scale(images).numpy().reshape(len(images), -1)
