"""Synthetic data, first weights, and multilayer perceptrons of many seeds at once.

Tensors have a leading axis of seeds. A seed has its own map of the data, first weights, batches and
noise; the data and first weights of a seed are the same for all methods.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from results.synthetic.cells import NUM_POINTS

BATCH_SIZE = 64
_HIDDEN = 48  # units of the hidden layers of E and G
_HIDDEN_OF_D = 96


@dataclasses.dataclass(frozen=True)
class Problem:
    """Data and the codes at the start.

    The data are x = y Q with y = u + 0.4 sin 2u, u ~ N(0, I) of `data_dim` dimensions, and a random
    Q with orthonormal rows. The map u → y is monotone, so E can find u: then the SSE is 0 and, at
    d = `data_dim`, the codes follow the prior exactly.

    Attributes:
        d: Dimension of the codes; the data have 2d.
        data_dim: d*, the dimension of u, at most 2d.
        distance: Δ, norm of the mean of the codes at the start.
        scale: Root mean variance of a coordinate of the codes at the start, above 0.
    """

    d: int
    data_dim: int
    distance: float = 0.0
    scale: float = 1.0


def warp(u: tf.Tensor | np.ndarray) -> tf.Tensor | np.ndarray:
    """Returns y of the true codes u, equally shaped."""
    return u + 0.4 * tf.sin(2 * u)


class Layer(NamedTuple):
    """Weights (seeds, inputs, units) and bias (seeds, 1, units) of a dense layer."""

    weights: tf.Tensor
    bias: tf.Tensor


Layers = Sequence[Layer]


def mlp(layers: Layers, x: tf.Tensor) -> tf.Tensor:
    """Returns the outputs for x (seeds, m, inputs), with ReLU between the layers."""
    *hidden, last = layers
    for layer in hidden:
        x = tf.nn.relu(tf.matmul(x, layer.weights) + layer.bias)
    return tf.matmul(x, last.weights) + last.bias


class First(NamedTuple):
    """Arrays that a training starts with, float32.

    Attributes:
        maps: Q, shape (seeds, d*, 2d).
        points: u of the fixed points, shape (seeds, n, d*).
        encoder: Layers of E, 2d-48-48-d.
        decoder: Layers of G, d-48-48-2d.
        discriminator: Layers of D, d-96-96-(t+1).
    """

    maps: np.ndarray
    points: np.ndarray
    encoder: Layers
    decoder: Layers
    discriminator: Layers


def first(problem: Problem, num_outputs: int, num_seeds: int) -> First:
    """Returns what trainings with the seeds 0, 1, … start with.

    Args:
        problem: Data and the codes at the start.
        num_outputs: Outputs of D, t+1.
        num_seeds: Number of seeds, at least 1.
    """
    seeds = [_first(problem, num_outputs, seed) for seed in range(num_seeds)]
    return tf.nest.map_structure(lambda *each: np.stack(each).astype(np.float32), *seeds)


def _first(problem: Problem, num_outputs: int, seed: int) -> First:
    random = np.random.default_rng([20261128, seed])
    d, data_dim = problem.d, problem.data_dim
    orthonormal, _ = np.linalg.qr(random.normal(size=(2 * d, data_dim)))
    points = random.normal(size=(NUM_POINTS, data_dim))
    encoder = _glorot(random, [2 * d, _HIDDEN, _HIDDEN, d])
    decoder = _glorot(random, [d, _HIDDEN, _HIDDEN, 2 * d])
    direction = random.normal(size=d)
    discriminator = _glorot(random, [d, _HIDDEN_OF_D, _HIDDEN_OF_D, num_outputs])

    # Codes with the wanted mean and variance.
    *hidden, last = encoder
    x = np.asarray(warp(points)) @ orthonormal.T
    for layer in hidden:
        x = np.maximum(x @ layer.weights, 0)
    weights = last.weights / np.sqrt((x @ last.weights).var(axis=0).mean()) * problem.scale
    mean = (x @ weights).mean(axis=0)
    bias = problem.distance * direction / np.linalg.norm(direction) - mean
    encoder = [*hidden, Layer(weights, bias[np.newaxis])]
    return First(orthonormal.T, points, encoder, decoder, discriminator)


def _glorot(random: np.random.Generator, sizes: Sequence[int]) -> list[Layer]:
    """Returns layers with Glorot's uniform weights, and biases of 0."""
    layers = []
    for inputs, units in itertools.pairwise(sizes):
        limit = np.sqrt(6 / (inputs + units))
        layers.append(Layer(random.uniform(-limit, limit, (inputs, units)), np.zeros((1, units))))
    return layers
