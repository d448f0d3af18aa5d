"""Interface of feature extractors, and functions that they share."""

import abc
import hashlib

import keras
import numpy as np

from ivaae_tf.metrics.score import Condition


class FeatureExtractor(abc.ABC):
    """Turns uint8 images of any size, gray or color, into float32 features.

    Attributes:
        name: Part of the names of scores.
        num_features: Dimension d of the features.
        resize: Description of the method that resizes images for the network.
        comparable_with_published_fid: Whether a Fréchet distance on these features may be called
            FID and compared with the literature.
        fingerprint: Hexadecimal digest of the weights and everything else that the features depend
            on: equal for two extractors only if they give the same features.
    """

    name: str
    num_features: int
    resize: str
    comparable_with_published_fid: bool
    fingerprint: str

    @property
    def frechet_score(self) -> str:
        """The name of the Fréchet distance on these features."""
        return "fid" if self.comparable_with_published_fid else f"frechet_{self.name}"

    @property
    def conditions(self) -> dict[str, Condition]:
        """The conditions that are recorded with every score on these features."""
        return {
            "extractor": self.name,
            "comparable_with_published_fid": self.comparable_with_published_fid,
            "extractor_fingerprint": self.fingerprint[:16],
            "resize": self.resize,
        }

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns the features of a batch, float32, shape (n, num_features).

        Args:
            images: Type uint8, shape (n, h, w, 1 or 3).

        Raises:
            ValueError: If the images have another type or shape.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
            raise ValueError(
                f"{self.name} needs uint8 images (n, h, w, 1 or 3). "
                f"Received: {images.dtype} {images.shape}"
            )
        if not len(images):
            return np.zeros((0, self.num_features), np.float32)
        return np.asarray(self._features(images), np.float32)

    @abc.abstractmethod
    def _features(self, images: np.ndarray) -> np.ndarray:
        """Returns the features (n, num_features) of checked images, n at least 1."""


def as_color(images: np.ndarray) -> np.ndarray:
    """Returns gray images tiled to three channels, and color images unchanged."""
    return np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images


def weights_digest(model: keras.Model) -> str:
    """Returns the hexadecimal sha256 of a model's weights: types, shapes and bytes."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(f"{weight.dtype} {weight.shape} ".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
