"""The interface of feature extractors, and what they share."""

import abc
import hashlib

import keras
import numpy as np

from ivaae_tf.metrics.score import Condition


class FeatureExtractor(abc.ABC):
    """Turns uint8 images of any size, gray or color, to float32 features.

    Attributes:
        name: stands in the names of scores.
        num_features: d.
        resize: how images come to the size that the network takes.
        comparable_with_published_fid: whether a Fréchet distance on these features may be called
            FID and compared with the literature.
        fingerprint: hexadecimal digest of the weights and of all that shapes the features: equal
            for two extractors only if they give the same features.
    """

    name: str
    num_features: int
    resize: str
    comparable_with_published_fid: bool
    fingerprint: str

    @property
    def conditions(self) -> dict[str, Condition]:
        """What a score on these features is to say of them."""
        return {
            "extractor": self.name,
            "comparable_with_published_fid": self.comparable_with_published_fid,
            "extractor_fingerprint": self.fingerprint[:16],
            "resize": self.resize,
        }

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Features of a batch.

        Args:
            images: uint8 (n, h, w, 1 or 3).

        Returns:
            float32 (n, num_features).

        Raises:
            ValueError: another type or shape.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
            raise ValueError(
                f"{self.name} takes uint8 images (n, h, w, 1 or 3), "
                f"received {images.dtype} {images.shape}"
            )
        if not len(images):
            return np.zeros((0, self.num_features), np.float32)
        return np.asarray(self._features(images), np.float32)

    @abc.abstractmethod
    def _features(self, images: np.ndarray) -> np.ndarray:
        """Features (n, num_features) of checked images, n at least 1."""


def as_color(images: np.ndarray) -> np.ndarray:
    """Gray images tiled to three channels; color images as they are."""
    return np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images


def weights_digest(model: keras.Model) -> str:
    """Hexadecimal sha256 of a model's weights, in order: types, shapes and bytes."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(f"{weight.dtype} {weight.shape} ".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
