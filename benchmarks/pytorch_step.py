"""Training step of radial IVAAE in PyTorch, to compare times with.

Networks, losses, noise and optimizers are as in `mnist_ivaae_radial`, or with the convolutional
networks; `benchmarks/train_step.py` checks that both programs compute the same step before it times
them. Tensors of images are (m, channels, height, width).
"""

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.step_settings import StepSettings
from benchmarks.stepper import serve

_BETAS = (0.5, 0.999)
_LEARNING_RATE = 1e-4
# Keras's Adam adds 1e-7 to √v, PyTorch's to √(v / (1 − β₂ᵗ)): this ε makes the first steps equal.
_EPSILON = 1e-7 / math.sqrt(1 - _BETAS[1])


@dataclasses.dataclass(frozen=True)
class Form:
    """A way to run the step.

    Attributes:
        channels_last: Whether images and kernels have their channels last in memory.
        compiled: Whether `torch.compile` compiles the forward and backward passes.
        bfloat16: Whether autocast computes in bfloat16.
    """

    channels_last: bool = False
    compiled: bool = False
    bfloat16: bool = False


FORMS = {
    "eager": Form(),
    "channels_last": Form(channels_last=True),
    "compile": Form(compiled=True),
    "compile_channels_last": Form(channels_last=True, compiled=True),
    "bfloat16": Form(channels_last=True, bfloat16=True),
    "bfloat16_compile": Form(channels_last=True, compiled=True, bfloat16=True),
}


class Step:
    """One step of Algorithm 1 with the radial intervention; Adam trains every network.

    Args:
        encoder: E.
        decoder: G.
        discriminator: D.
        num_bridges: t.
        form: The way to run the step.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        discriminator: nn.Module,
        num_bridges: int,
        form: Form,
    ):
        layout = torch.channels_last if form.channels_last else torch.contiguous_format
        self._networks = [
            network.to(memory_format=layout) for network in (encoder, decoder, discriminator)
        ]
        self._optimizers = [
            torch.optim.Adam(
                network.parameters(), lr=_LEARNING_RATE, betas=_BETAS, eps=_EPSILON, fused=True
            )
            for network in self._networks
        ]
        angles = np.arange(1, num_bridges + 1) * np.pi / (2 * num_bridges)
        cosines, sines = np.cos(angles), np.sin(angles)
        cosines[-1] = 0.0
        self._cosines, self._sines = (
            torch.tensor(values, dtype=torch.float32)[:, None, None] for values in (cosines, sines)
        )
        self._layout = layout
        self._form = form
        maybe_compiled = torch.compile if form.compiled else lambda function: function
        self._forward = maybe_compiled(self._rungs_and_reconstruction)
        self._loss_of_d = maybe_compiled(self._cross_entropy)
        self._loss_of_e = maybe_compiled(self._latent_loss)

    def __call__(self, x: torch.Tensor, noise: torch.Tensor | None = None) -> dict[str, float]:
        """Runs a step and returns its losses.

        Args:
            x: Images, shape (m, channels, height, width).
            noise: n_k of the rungs, shape (t, m, d); None for new noise.
        """
        encoder_adam, decoder_adam, discriminator_adam = self._optimizers
        x = x.to(memory_format=self._layout)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._form.bfloat16):
            z_k, reconstruction_loss = self._forward(x, noise)

            # The step of D.
            cross_entropy = self._loss_of_d(z_k.detach())
            discriminator_adam.zero_grad(set_to_none=True)
            cross_entropy.backward()
            discriminator_adam.step()

            # The steps of E and G, with fixed D.
            for parameter in self._networks[2].parameters():
                parameter.requires_grad_(False)
            latent_loss = self._loss_of_e(z_k[:-1])
            for parameter in self._networks[2].parameters():
                parameter.requires_grad_(True)
        loss = reconstruction_loss + 2 / len(z_k) * latent_loss
        encoder_adam.zero_grad(set_to_none=True)
        decoder_adam.zero_grad(set_to_none=True)
        loss.backward()
        decoder_adam.step()
        encoder_adam.step()
        return {
            "reconstruction_loss": reconstruction_loss.item(),
            "discriminator_cross_entropy": cross_entropy.item(),
            "latent_loss": latent_loss.item(),
        }

    def _rungs_and_reconstruction(self, x, noise):
        encoder, decoder, _ = self._networks
        z = encoder(x).float()
        x_hat = decoder(z).float()
        if noise is None:
            noise = torch.randn(len(self._cosines), *z.shape)
        z_k = torch.cat([z[None], self._cosines * z + self._sines * noise])
        return z_k, 0.05 * (x - x_hat).square().sum(dim=(1, 2, 3)).mean()

    def _log_probabilities(self, z_k):
        logits = self._networks[2](z_k.flatten(0, 1)).float()
        return functional.log_softmax(logits, dim=-1).unflatten(0, z_k.shape[:2])

    def _cross_entropy(self, z_k):
        rung = torch.arange(len(z_k)).repeat_interleave(z_k.shape[1])
        return functional.nll_loss(self._log_probabilities(z_k).flatten(0, 1), rung)

    def _latent_loss(self, z_k):
        return -self._log_probabilities(z_k)[..., -1].mean()

    @property
    def networks(self) -> Sequence[nn.Module]:
        """E, G and D."""
        return self._networks


def fully_connected(image_shape: Sequence[int], latent_dim: int, num_rungs: int, width: float):
    """Returns E, G and D of Table 3 for images (height, width, channels)."""
    height, image_width, channels = image_shape
    units = round(1024 * width)

    def network(num_inputs: int, num_outputs: int) -> list[nn.Module]:
        return [
            nn.Linear(num_inputs, units),
            nn.ReLU(),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, num_outputs),
        ]

    size = math.prod(image_shape)
    return (
        nn.Sequential(nn.Flatten(), *network(size, latent_dim)),
        nn.Sequential(
            *network(latent_dim, size), nn.Unflatten(1, (channels, height, image_width)), nn.Tanh()
        ),
        nn.Sequential(*network(latent_dim, num_rungs)),
    )


def convolutional(image_shape: Sequence[int], latent_dim: int, num_rungs: int, width: float):
    """Returns E, G and D of Table 4 for images (size, size, channels)."""
    # Encoder.
    size, _, channels = image_shape
    scaled = [round(number * width) for number in (128, 256, 512, 1024)]
    encoder: list[nn.Module] = []
    for before, after in zip([channels, *scaled], scaled, strict=False):
        # The padding that TensorFlow calls "same" for a stride of 2.
        encoder += [
            nn.ZeroPad2d((1, 2, 1, 2)),
            nn.Conv2d(before, after, 5, stride=2),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        ]

    # Decoder.
    first = size // 8
    decoder: list[nn.Module] = [
        nn.Linear(latent_dim, first * first * scaled[3]),
        nn.ReLU(),
        _ToChannelsFirst(first, scaled[3]),
    ]
    for before, after in zip(scaled[:0:-1], scaled[-2::-1], strict=True):
        decoder += [_TransposedSame(before, after, 5, 2), nn.BatchNorm2d(after), nn.ReLU()]
    decoder += [_TransposedSame(scaled[0], channels, 4, 1), nn.Tanh()]

    # Discriminator.
    units = round(512 * width)
    hidden: list[nn.Module] = []
    for before in (latent_dim, units, units, units):
        hidden += [nn.Linear(before, units), nn.ReLU()]
    last = size // 16
    return (
        nn.Sequential(*encoder, _ToChannelsLast(), nn.Linear(last * last * scaled[3], latent_dim)),
        nn.Sequential(*decoder),
        nn.Sequential(*hidden, nn.Linear(units, num_rungs)),
    )


NETWORKS: Mapping[str, Callable] = {
    "fully_connected": fully_connected,
    "convolutional": convolutional,
}


class _TransposedSame(nn.ConvTranspose2d):
    """Transposed convolution whose output is cropped like TensorFlow's "same"."""

    def __init__(self, before: int, after: int, kernel_size: int, stride: int):
        super().__init__(before, after, kernel_size, stride=stride, padding=1)

    def forward(self, x):
        return super().forward(x)[..., :-1, :-1]


class _ToChannelsFirst(nn.Module):
    """Reshapes vectors in the order (row, column, channel) to (m, channel, row, column)."""

    def __init__(self, size: int, channels: int):
        super().__init__()
        self._shape = (size, size, channels)

    def forward(self, x):
        return x.unflatten(1, self._shape).permute(0, 3, 1, 2)


class _ToChannelsLast(nn.Module):
    """Reshapes (m, channel, row, column) to vectors in the order (row, column, channel)."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def load(network: nn.Module, weights: Sequence[np.ndarray]) -> None:
    """Sets the parameters to Keras's trainable weights, in order."""
    for parameter, value in zip(network.parameters(), weights, strict=True):
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(_as_pytorch(value)))


def _as_pytorch(weight: np.ndarray) -> np.ndarray:
    """Returns a weight of Keras in PyTorch's order of axes.

    A kernel of a convolution (height, width, in, out) becomes (out, in, height, width). A kernel of
    a transposed convolution is (height, width, out, in) in Keras and (in, out, height, width) here,
    which is the same permutation.
    """
    axes = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}[weight.ndim]
    return np.ascontiguousarray(weight.transpose(axes))


def difference(network: nn.Module, weights: Sequence[np.ndarray]) -> float:
    """Returns the largest difference between the parameters and Keras's trainable weights."""
    return max(
        float(np.abs(parameter.detach().numpy() - _as_pytorch(value)).max())
        for parameter, value in zip(network.parameters(), weights, strict=True)
    )


def main() -> None:
    """Serves the step in the form of the first argument, as `benchmarks.stepper` serves ours."""
    form, *arguments = sys.argv[1:]
    settings = StepSettings.of(dict(argument.split("=") for argument in arguments))
    torch.manual_seed(0)
    num_bridges = settings.num_bridges or 4
    networks = NETWORKS[settings.network](
        settings.image_shape, settings.latent_dim, num_bridges + 1, settings.width
    )
    step = Step(*networks, num_bridges, FORMS[form])
    shape = (settings.batch_size, *settings.image_shape)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    serve(lambda: step(batch))


if __name__ == "__main__":
    main()
