"""Compares the MNIST training step with the least time that this machine needs for its arithmetic.

    python -m benchmarks.limits

The least time is that of the step's matrix products, each at its own shape by the faster of
TensorFlow and PyTorch, and of the memory that Adam reads and writes, at the bandwidth of a copy. It
leaves out everything else, so no step can take less.
"""

import itertools
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import torch
from absl import app, flags

from benchmarks.machine import processor_name
from benchmarks.step_settings import StepSettings
from benchmarks.stepper import Stepper, alternate
from benchmarks.steps import build

_ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks of steps.", lower_bound=1)
_BYTES_OF_ADAM = 28  # reads weight, gradient and two moments, writes weight and moments, float32


def main(argv):
    del argv
    print(processor_name())
    settings = StepSettings("mnist")
    stepper = Stepper("benchmarks.stepper", ["name=mnist"])
    step = float(np.median(alternate({"ours": stepper}, _ROUNDS.value, 10)["ours"]))
    stepper.close()

    products = matrix_products(settings)
    seconds = {shape: seconds_of_a_product(*shape) for shape in sorted(set(products))}
    arithmetic = sum(seconds[shape] for shape in products)
    rate = sum(2 * np.prod(shape) for shape in products) / arithmetic
    bandwidth = bytes_per_second()
    num_parameters = sum(int(np.prod(each.shape)) for each in build(settings).trainable_variables)
    memory = _BYTES_OF_ADAM * num_parameters / bandwidth
    print(
        f"{len(products)} matrix products  {1000 * arithmetic:6.1f} ms at "
        f"{rate / 1e9:.0f} GFLOP/s\n"
        f"Adam of {num_parameters:,} weights {1000 * memory:6.1f} ms at "
        f"{bandwidth / 1e9:.1f} GB/s\n"
        f"least time          {1000 * (arithmetic + memory):6.1f} ms\n"
        f"step                {1000 * step:6.1f} ms, of which the least time is "
        f"{(arithmetic + memory) / step:.0%}"
    )


def matrix_products(settings: StepSettings) -> list[tuple[int, int, int]]:
    """Returns (m, k, n) of each product (m, k) × (k, n) in a step of Algorithm 1.

    A layer in training has its output, the gradient of its kernel and that of its input, which the
    first layer of E and of D's own step do not need.
    """
    m, d, t, units = settings.batch_size, settings.latent_dim, 4, round(1024 * settings.width)
    size = int(np.prod(settings.image_shape))

    def network(rows, widths, kernel_gradients=True, input_gradient=True):
        products = []
        for index, (k, n) in enumerate(itertools.pairwise(widths)):
            products.append((rows, k, n))
            if kernel_gradients:
                products.append((k, rows, n))
            if input_gradient or index > 0:
                products.append((rows, n, k))
        return products

    return [
        *network(m, (size, units, units, d), input_gradient=False),
        *network(m, (d, units, units, size)),
        *network((t + 1) * m, (d, units, units, t + 1), input_gradient=False),
        *network(t * m, (d, units, units, t + 1), kernel_gradients=False),
    ]


def seconds_of_a_product(m: int, k: int, n: int) -> float:
    """Returns the seconds of a product by the faster library."""
    a, b = (
        np.random.default_rng(0).normal(size=shape).astype(np.float32) for shape in ((m, k), (k, n))
    )
    tensors = torch.from_numpy(a), torch.from_numpy(b)
    multiply = tf.function(tf.matmul)
    constants = tf.constant(a), tf.constant(b)
    return min(
        _median(lambda: torch.matmul(*tensors)), _median(lambda: multiply(*constants).numpy())
    )


def bytes_per_second() -> float:
    """Returns the bandwidth of a copy that no cache holds; it reads and writes each byte."""
    source = torch.zeros(2**26)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _median(lambda: target.copy_(source), 10)


def _median(run: Callable[[], object], num_runs: int = 20) -> float:
    times = []
    for _ in range(num_runs + 3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return float(np.median(times[3:]))


if __name__ == "__main__":
    app.run(main)
