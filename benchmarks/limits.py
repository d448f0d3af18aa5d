"""Compares the MNIST training step with the least time that this machine needs for its arithmetic.

    python -m benchmarks.limits

The least time is the time of the step's matrix products, each at its own shape in the fastest of
TensorFlow, PyTorch and NumPy, plus the time to read and write Adam's memory at the bandwidth of a
copy. The fastest of many runs counts. Everything else is left out.
"""

import itertools
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import torch
from absl import flags

from benchmarks import program
from benchmarks.figures import Figures
from benchmarks.step_settings import StepSettings
from benchmarks.stepper import Stepper, alternate
from benchmarks.steps import build

_OUT = program.define_out_flag()
_ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks of steps.", lower_bound=1)
_BYTES_OF_ADAM = 28  # reads weight, gradient and two moments, writes weight and moments, float32


def main():
    figures = Figures("limits")
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
    least = arithmetic + memory
    figures.add("rate", "GFLOP/s", {f"{len(products)} matrix products": rate / 1e9})
    figures.add("rate", "GB/s", {f"Adam of {num_parameters:,} weights": bandwidth / 1e9})
    times = {"step": step, "matrix products": arithmetic, "Adam's memory": memory, "least": least}
    milliseconds = {name: 1000 * seconds for name, seconds in times.items()}
    figures.add("MNIST step", "ms", milliseconds, reference="step")
    figures.write(_OUT.value)


def matrix_products(settings: StepSettings) -> list[tuple[int, int, int]]:
    """Returns (m, k, n) of each product (m, k) × (k, n) in a step of Algorithm 1.

    In training, a layer computes its output, the gradient of its kernel and the gradient of its
    input. The first layers of E and of D's own step do not need the last one.
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
    """Returns the seconds of a product in the fastest library."""
    a, b = (
        np.random.default_rng(0).normal(size=shape).astype(np.float32) for shape in ((m, k), (k, n))
    )
    tensors = torch.from_numpy(a), torch.from_numpy(b)
    constants = tf.constant(a), tf.constant(b)
    return min(
        _least(lambda: torch.matmul(*tensors)),
        _least(lambda: tf.matmul(*constants)),
        _least(lambda: np.matmul(a, b)),
    )


def bytes_per_second() -> float:
    """Returns the bandwidth of a copy that exceeds all caches, counting reads and writes."""
    source = torch.zeros(2**26)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _least(lambda: target.copy_(source))


def _least(run: Callable[[], object], num_runs: int = 30) -> float:
    times = []
    for _ in range(num_runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    program.run(main)
