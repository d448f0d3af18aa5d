"""An adapter with which `ivaae_tf.evaluation` scores a model of pythae."""

import numpy as np
import tensorflow as tf
import torch
from pythae.models import Adversarial_AE


class PythaeModel:
    """A pythae model with our images: (m, height, width, channels) in [−1, 1].

    Args:
        model: A trained model, in evaluation mode.
    """

    codes_are_random = False  # for the scores' conditions

    def __init__(self, model: Adversarial_AE):
        self.latent_dim = model.latent_dim
        self._model = model

    def encode(self, images):
        """Returns the discriminator's codes, drawn if the encoder is stochastic."""
        return self._run(lambda x: self._model.embed(to_pythae(x)), images)

    def draw_codes(self, images, seed):
        """Returns the codes of images, as the encoder has no noise here."""
        return self.encode(images)

    def decode(self, z):
        """Returns the images of codes."""
        return self._run(lambda z: to_ours(self._model.decoder(z).reconstruction), z)

    def __call__(self, images, training=False):
        """Returns reconstructions, from the mean if the encoder is stochastic."""
        return self._run(lambda x: to_ours(self._model.predict(to_pythae(x)).recon_x), images)

    def _run(self, function, tensor):
        def run(array: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return function(torch.tensor(array, device=self._model.device)).cpu().numpy()

        # The evaluator compiles its calls, and PyTorch must stay outside the graph.
        return tf.numpy_function(run, [tensor], tf.float32)


def to_pythae(images: torch.Tensor) -> torch.Tensor:
    """Maps images (m, height, width, channels) in [−1, 1] to (m, channels, …), [0, 1]."""
    return images.movedim(3, 1) / 2 + 0.5


def to_ours(images: torch.Tensor) -> torch.Tensor:
    """Maps images with the inverse of `to_pythae`."""
    return 2 * images.movedim(1, 3) - 1
