"""A model of pythae in the form that `ivaae_tf.evaluation` scores."""

import numpy as np
import tensorflow as tf
import torch
from pythae.models import Adversarial_AE


class PythaeModel:
    """Takes and gives what ours does: images (m, height, width, channels) in [−1, 1].

    Args:
        model: A trained model, in evaluation mode.
    """

    def __init__(self, model: Adversarial_AE):
        self.latent_dim = model.latent_dim
        self._model = model

    def encode(self, images):
        """Returns codes as the discriminator meets them: drawn, where the encoder is stochastic."""
        return self._run(lambda x: self._model.embed(to_pythae(x)), images)

    def decode(self, z):
        """Returns the images of codes."""
        return self._run(lambda z: to_ours(self._model.decoder(z).reconstruction), z)

    def __call__(self, images, training=False):
        """Returns reconstructions, from the mean where the encoder is stochastic."""
        return self._run(lambda x: to_ours(self._model.predict(to_pythae(x)).recon_x), images)

    def _run(self, function, tensor):
        def run(array: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return function(torch.tensor(array, device=self._model.device)).cpu().numpy()

        # The evaluator compiles what it calls, and PyTorch must stay outside of the graph.
        return tf.numpy_function(run, [tensor], tf.float32)


def to_pythae(images: torch.Tensor) -> torch.Tensor:
    """Maps images (m, height, width, channels) in [−1, 1] to (m, channels, …) in [0, 1]."""
    return images.movedim(3, 1) / 2 + 0.5


def to_ours(images: torch.Tensor) -> torch.Tensor:
    """Maps images back: the inverse of `to_pythae`."""
    return 2 * images.movedim(1, 3) - 1
