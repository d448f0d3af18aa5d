"""Times an exported model: the latency of one image, and images per second in batches of 64.

    python -m benchmarks.sampling

The models are not trained, which does not change the times. Blocks of calls of both programs
alternate. PyTorch runs the same decoder with our weights, eagerly, on new noise.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import ivaae_tf.program.startup  # noqa: F401

import numpy as np
import tensorflow as tf
import torch
from absl import flags

from benchmarks import program, pytorch_step
from benchmarks.figures import Figures
from benchmarks.step_settings import StepSettings
from benchmarks.steps import build
from ivaae_tf.export import saved_model
from ivaae_tf.models import samplers
from ivaae_tf.models.autoencoder import InterventionAutoencoder

_OUT = program.define_out_flag()
_BLOCKS = flags.DEFINE_integer("rounds", 5, "Blocks of calls of each program.", lower_bound=1)
_CALLS = flags.DEFINE_integer("num_calls", 20, "Timed calls in a block.", lower_bound=1)
_WORK_DIR = flags.DEFINE_string("work_dir", "runs/bench/work", "Folder of the exports.")

_SIZES = (1, 64)
_NUM_WARM_UP_CALLS = 3
_PAUSE = 0.3  # Threads of OpenMP wait actively for up to 0.2 s after a call.

Draw = Callable[[int, int], np.ndarray]


def main():
    figures = Figures("sampling")
    for name in ("mnist", "convolutional"):
        settings = StepSettings(name)
        model = build(settings)
        sides = {
            **{format_: make(model, name) for format_, make in EXPORTS.items()},
            "PyTorch decoder": _pytorch(model, settings),
        }
        for size in _SIZES:
            seconds = _alternate(sides, size)
            if size == 1:
                values = {side: 1000 * times for side, times in seconds.items()}
                figures.add(f"{name}, latency of 1", "ms", values, reference="PyTorch decoder")
            else:
                values = {side: size / times for side, times in seconds.items()}
                figures.add(
                    f"{name}, batches of {size}", "images a s", values, reference="PyTorch decoder"
                )
    figures.write(_OUT.value)


def _saved_model(model: InterventionAutoencoder, name: str) -> Draw:
    """Writes a SavedModel and returns its signature `sample` after loading."""
    folder = Path(_WORK_DIR.value, f"saved_model_{name}")
    saved_model.write(model, [samplers.Prior(model.prior)], folder)
    loaded = tf.saved_model.load(str(folder))
    return lambda num_images, seed: loaded.sample(tf.constant(num_images), tf.constant(seed))[
        "images"
    ].numpy()


# Export format -> function that writes a model and returns a function that samples its images.
EXPORTS: Mapping[str, Callable[[InterventionAutoencoder, str], Draw]] = {"SavedModel": _saved_model}


def _pytorch(model: InterventionAutoencoder, settings: StepSettings) -> Draw:
    _, decoder, _ = pytorch_step.NETWORKS[settings.network](
        settings.image_shape, settings.latent_dim, 5, settings.width
    )
    pytorch_step.load(decoder, [each.numpy() for each in model.decoder.trainable_variables])
    decoder.eval()

    def draw(num_images: int, seed: int) -> np.ndarray:
        with torch.inference_mode():
            noise = torch.randn(
                num_images, settings.latent_dim, generator=torch.Generator().manual_seed(seed)
            )
            levels = (decoder(noise) + 1) * 127.5
            return levels.round().clamp(0, 255).to(torch.uint8).numpy()

    return draw


def _alternate(sides: Mapping[str, Draw], num_images: int) -> dict[str, np.ndarray]:
    """Returns the seconds of the calls of each program, in alternating blocks."""
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(_BLOCKS.value):
        for side, draw in sides.items():
            time.sleep(_PAUSE)
            for call in range(_NUM_WARM_UP_CALLS + _CALLS.value):
                start = time.perf_counter()
                draw(num_images, number)
                if call >= _NUM_WARM_UP_CALLS:
                    seconds[side].append(time.perf_counter() - start)
    return {side: np.array(times) for side, times in seconds.items()}


if __name__ == "__main__":
    program.run(main)
