"""Nearest training images of samples, and a score of data copying."""

import numpy as np

from ivaae_tf.metrics.detection import share_of_pairs
from ivaae_tf.metrics.distances import squared_distances
from ivaae_tf.metrics.score import Score


class NearestImages:
    """Finds the image nearest to each query among many images, by distance between features.

    Args:
        queries: Features of the queries, shape (q, f).
        image_shape: (height, width, channels) of the images.

    Attributes:
        distances: Euclidean distance of each query to its nearest image so far, shape (q,).
        images: The nearest images, uint8, shape (q, height, width, channels).
    """

    def __init__(self, queries: np.ndarray, image_shape: tuple[int, ...]):
        self._queries = queries
        self.distances = np.full(len(queries), np.inf)
        self.images = np.zeros((len(queries), *image_shape), np.uint8)

    def update(self, features: np.ndarray, images: np.ndarray) -> None:
        """Adds images (n, height, width, channels) with their features (n, f)."""
        blocks = squared_distances(self._queries, features)
        index = np.concatenate([block.argmin(axis=1) for _, block in blocks])
        # Computed from differences, so that equal distances are equal to the last digit.
        difference = self._queries - features[index].astype(np.float64)
        distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
        is_nearer = distances < self.distances
        self.distances[is_nearer] = distances[is_nearer]
        self.images[is_nearer] = images[index[is_nearer]]


def copying_score(of_samples: np.ndarray, of_held_out: np.ndarray) -> Score:
    """Returns how often a sample is nearer to the training images than a held-out image is.

    The score is a share of pairs, in which a tie counts half: the test statistic of Meehan,
    Chaudhuri and Dasgupta (2020, "A non-parametric test to detect data-copying in generative
    models"), without cells. It is 0.5 if samples are as near to the training images as held-out
    images are, and 1 if samples are copies. Blurred samples are far from all images.

    Args:
        of_samples: Distance of each sample to its nearest training image, at least one.
        of_held_out: The same for held-out images.
    """
    share, error = share_of_pairs(of_held_out, of_samples)
    counts = {"num_samples": len(of_samples), "num_held_out": len(of_held_out)}
    return Score("nearer_than_held_out", share, None, error, counts)
