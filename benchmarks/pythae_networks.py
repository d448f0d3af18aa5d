"""Our fully connected networks in pythae's classes.

They equal `ivaae_tf.models.networks.fully_connected` except for the outputs that pythae's losses
need: a variance (encoder), images in [0, 1] (decoder), a probability (discriminator).
"""

import math

from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseDiscriminator, BaseEncoder
from torch import nn

_UNITS = 1024  # of a hidden layer, at full width


class Encoder(BaseEncoder):
    """Encoder E, with a second output for the variance that a deterministic posterior ignores.

    Args:
        image_shape: Channels, height and width.
        latent_dim: d.
        width: Factor on the width of every hidden layer.
        is_signed: Whether images are mapped to [−1, 1], like ours.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        latent_dim: int,
        width: float = 1.0,
        is_signed: bool = False,
    ):
        super().__init__()
        self.layers = perceptron(math.prod(image_shape), 2 * latent_dim, width=width)
        self.is_signed = is_signed

    def forward(self, x):
        """Returns μ and log σ² of the codes of images in [0, 1]."""
        embedding, log_covariance = self.layers(2 * x - 1 if self.is_signed else x).chunk(2, dim=1)
        return ModelOutput(embedding=embedding, log_covariance=log_covariance)


class Decoder(BaseDecoder):
    """Decoder G, which returns images in [0, 1]."""

    def __init__(self, latent_dim: int, image_shape: tuple[int, int, int], width: float = 1.0):
        super().__init__()
        last = nn.Sigmoid(), nn.Unflatten(1, image_shape)
        self.layers = perceptron(latent_dim, math.prod(image_shape), *last, width=width)

    def forward(self, z):
        """Returns the images."""
        return ModelOutput(reconstruction=self.layers(z))


class Discriminator(BaseDiscriminator):
    """Discriminator D, which returns the probability that a code is from the prior."""

    def __init__(self, latent_dim: int, width: float = 1.0):
        super().__init__()
        self.layers = perceptron(latent_dim, 1, nn.Sigmoid(), width=width)

    def forward(self, z):
        """Returns the probabilities."""
        return ModelOutput(embedding=self.layers(z))


def perceptron(
    num_inputs: int, num_outputs: int, *last: nn.Module, width: float = 1.0
) -> nn.Sequential:
    """Returns a network of Table 3, with more layers after its output."""
    units = round(width * _UNITS)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(num_inputs, units),
        nn.ReLU(),
        nn.Linear(units, units),
        nn.ReLU(),
        nn.Linear(units, num_outputs),
        *last,
    )
