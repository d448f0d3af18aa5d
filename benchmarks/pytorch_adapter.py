"""Adapter of PyTorch models to this program: our images for training, our scores of the model."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
import torch

from ivaae_tf.evaluation.evaluator import Evaluator
from ivaae_tf.layers.priors import GaussianPrior
from ivaae_tf.metrics.score import Score
from ivaae_tf.models import samplers
from pipelines import datasets
from pipelines.batches import evaluation_batches

Function = Callable[[torch.Tensor], torch.Tensor]


class PyTorchModel:
    """A PyTorch model with the interface of `ivaae_tf.evaluation.evaluator.ScoredModel`.

    The functions take and return float32 tensors; images are (m, channels, height, width) in
    [−1, 1].

    Args:
        latent_dim: d.
        encode: Images -> codes (m, d).
        decode: Codes -> images.
        reconstruct: Images -> images.
    """

    has_encoder = True
    is_conditional = False
    codes_are_random = False  # for the scores' conditions

    def __init__(self, latent_dim: int, encode: Function, decode: Function, reconstruct: Function):
        self.latent_dim = latent_dim
        self.prior = GaussianPrior(latent_dim)
        self._encode, self._decode, self._reconstruct = encode, decode, reconstruct

    def encode(self, images):
        """Returns the codes of images (m, height, width, channels)."""
        return _run(lambda x: self._encode(_channels_first(x)), images)

    def draw_codes(self, images, seed):
        """Returns the codes of images; the encoder has no noise here."""
        return self.encode(images)

    def decode(self, z):
        """Returns the images of codes."""
        return _run(lambda z: _channels_last(self._decode(z)), z)

    def __call__(self, images, training=False):
        """Returns the reconstructions of images."""
        return _run(lambda x: _channels_last(self._reconstruct(_channels_first(x))), images)


def training_images(dataset: datasets.ImageDataset, image_size: int) -> torch.Tensor:
    """Returns the training images in memory, (n, channels, height, width) in [−1, 1]."""
    batches = evaluation_batches(dataset, "train", image_size=image_size, batch_size=500)
    return torch.cat([_channels_first(torch.from_numpy(each.numpy())) for each in batches])


def score(model: PyTorchModel, evaluator: Evaluator, epoch: int) -> list[Score]:
    """Returns the scores of a model after `epoch` epochs, with samples from the prior."""
    groups = evaluator.scores(model, [samplers.Prior(model.prior)], epoch)
    return [score for group in groups for score in group]


def _run(function: Function, tensor):
    def run(array: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.ascontiguousarray(function(torch.tensor(array)).numpy())

    # The evaluator compiles its calls, and PyTorch must stay outside the graph.
    return tf.numpy_function(run, [tensor], tf.float32)


def _channels_first(images: torch.Tensor) -> torch.Tensor:
    return images.movedim(3, 1).contiguous()


def _channels_last(images: torch.Tensor) -> torch.Tensor:
    return images.movedim(1, 3)
