"""Serves the training step of PyTorch, like `benchmarks.stepper` serves this program's."""

import sys

import numpy as np
import torch

from benchmarks.pytorch_step import FORMS, NETWORKS, Step
from benchmarks.step_settings import StepSettings
from benchmarks.stepper import serve


def main() -> None:
    """Serves the step in the form that the first argument names."""
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
