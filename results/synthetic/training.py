"""Algorithm 1 for many seeds at once, with the settings of the synthetic benchmark."""

import dataclasses

import numpy as np
import tensorflow as tf

from results.synthetic.cells import NUM_STEPS
from results.synthetic.methods import INSTANCE_NOISE, METHODS, PENALTY_WEIGHT, Rungs, mmd
from results.synthetic.methods import random_positions as random_order
from results.synthetic.problem import BATCH_SIZE, Layers, Problem, first, mlp, warp

_LEARNING_RATE, _LEARNING_RATE_OF_D = 1e-3, 5e-4
_BETA_1, _BETA_2, _EPSILON = 0.5, 0.999, 1e-7


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of a cell: a problem, a method and its weights.

    Attributes:
        problem: Data and the codes at the start.
        method: Name of the method, in `METHODS`.
        num_bridges: t; 1 for an AAE.
        latent_weight: μ₂.
        discriminator_speed: Factor of D's learning rate, 5e-4.
    """

    problem: Problem
    method: str
    num_bridges: int = 1
    latent_weight: float = 4.0
    discriminator_speed: float = 10.0


def learning_rate_factor(step: int, num_steps: int = NUM_STEPS) -> float:
    """Returns the factor of all learning rates: 1, 0.3 from 60 % of the steps, 0.1 from 85 %."""
    return 1.0 if step < 0.6 * num_steps else 0.3 if step < 0.85 * num_steps else 0.1


class Adam(tf.Module):
    """Adam with β = (0.5, 0.999), for layers whose gradients are given."""

    def __init__(self, layers: Layers):
        super().__init__()
        self._variables = tf.nest.flatten(layers)
        self._moments = [
            (tf.Variable(tf.zeros_like(each)), tf.Variable(tf.zeros_like(each)))
            for each in self._variables
        ]

    def apply(self, gradients: list[tf.Tensor], learning_rate: tf.Tensor, step: tf.Tensor) -> None:
        """Makes an update; `step` is a float and counts from 1."""
        rate = learning_rate * tf.sqrt(1 - _BETA_2**step) / (1 - _BETA_1**step)
        for variable, (m, v), g in zip(self._variables, self._moments, gradients, strict=True):
            m.assign(_BETA_1 * m + (1 - _BETA_1) * g)
            v.assign(_BETA_2 * v + (1 - _BETA_2) * tf.square(g))
            variable.assign_sub(rate * m / (tf.sqrt(v) + _EPSILON))


class Training(tf.Module):
    """Networks of many seeds, and a step of their training.

    Args:
        settings: Settings of the cell.
        num_seeds: Number of seeds.
        num_steps: Number of steps, which the learning rates depend on.
    """

    def __init__(self, settings: Settings, num_seeds: int, num_steps: int = NUM_STEPS):
        super().__init__()
        self.settings = settings
        self.num_steps = num_steps
        self._method = METHODS[settings.method]
        start = first(settings.problem, settings.num_bridges + 1, num_seeds)
        self._maps = tf.constant(start.maps)
        self._points = tf.constant(start.points)
        self.encoder, self.decoder, self.discriminator = tf.nest.map_structure(
            tf.Variable, start[2:]
        )
        self._optimizers = [Adam(each) for each in (self.encoder, self.decoder)]
        self._optimizer_of_d = Adam(self.discriminator)
        self._rungs = Rungs(self._method, settings.num_bridges, seed=0)
        # For the power iteration of the spectral norms.
        self._vectors = [
            tf.Variable(tf.ones((num_seeds, layer.weights.shape[1], 1)))
            for layer in self.discriminator
        ]

    def step(self, number: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Makes step `number`, counted from 0.

        Returns:
            For each seed: the estimate of the Jensen-Shannon divergence by D before its update (the
            squared MMD for WAE-MMD), and the norm of E's gradient.
        """
        factor = learning_rate_factor(number, self.num_steps)
        share = 1 - number / self.num_steps
        return self._step(
            tf.constant(number), tf.constant(factor, tf.float32), tf.constant(share, tf.float32)
        )

    @tf.function
    def _step(
        self, number: tf.Tensor, factor: tf.Tensor, noise_left: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        count = tf.cast(number, tf.float32) + 1
        x = self._batch(number)
        noise = self._instance_noise(number, noise_left)
        with tf.GradientTape() as tape:
            z = mlp(self.encoder, x)
            errors = tf.reduce_sum(tf.square(mlp(self.decoder, z) - x), axis=2)
            inputs = self._rungs(z, self._positions(number))
            if self._method.has_discriminator:
                inputs += noise
                with tape.stop_recording():
                    estimate = self._discriminator_step(tf.stop_gradient(inputs), factor, count)
                latent = -self._log_probabilities(inputs[: self._rungs.num_of_encoder])[..., -1]
                latent = tf.reduce_mean(latent, axis=[0, 2])
            else:
                latent = estimate = mmd(z, inputs[1])
            loss = tf.reduce_mean(errors, axis=1) + self.settings.latent_weight * latent
        networks = (self.encoder, self.decoder)
        gradients = tape.gradient(loss, [tf.nest.flatten(each) for each in networks])
        for optimizer, each in zip(self._optimizers, gradients, strict=True):
            optimizer.apply(each, _LEARNING_RATE * factor, count)
        squares = [tf.reduce_sum(tf.square(each), axis=[1, 2]) for each in gradients[0]]
        return estimate, tf.sqrt(tf.add_n(squares))

    def _batch(self, number: tf.Tensor) -> tf.Tensor:
        num_seeds, data_dim, _ = self._maps.shape
        u = tf.random.stateless_normal((num_seeds, BATCH_SIZE, data_dim), [1, number])
        return tf.matmul(warp(u), self._maps)

    def _positions(self, number: tf.Tensor) -> tf.Tensor | None:
        if not self._method.has_random_order:
            return None
        return random_order(self._maps.shape[0], self.settings.num_bridges, [2, number])

    def _instance_noise(self, number: tf.Tensor, noise_left: tf.Tensor) -> tf.Tensor:
        if not self._method.has_instance_noise:
            return tf.zeros([])
        shape = (2, self._maps.shape[0], BATCH_SIZE, self.settings.problem.d)
        return INSTANCE_NOISE * noise_left * tf.random.stateless_normal(shape, [3, number])

    def _log_probabilities(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns log D_j, shape (inputs, seeds, m, t+1), of inputs (inputs, seeds, m, d)."""
        num_inputs, num_seeds, num_codes, d = inputs.shape
        rows = tf.reshape(tf.transpose(inputs, [1, 0, 2, 3]), [num_seeds, -1, d])
        logits = mlp(self._layers_of_d(), rows)
        logits = tf.reshape(logits, [num_seeds, num_inputs, num_codes, logits.shape[-1]])
        return tf.transpose(tf.nn.log_softmax(logits), [1, 0, 2, 3])

    def _layers_of_d(self) -> Layers:
        if not self._method.has_spectral_norm:
            return self.discriminator
        layers = []
        for layer, u in zip(self.discriminator, self._vectors, strict=True):
            v = tf.math.l2_normalize(tf.matmul(layer.weights, u, transpose_a=True), axis=1)
            v = tf.stop_gradient(v)
            norm = tf.matmul(u, tf.matmul(layer.weights, v), transpose_a=True)
            layers.append(layer._replace(weights=layer.weights / norm))
        return layers

    def _update_vectors(self) -> None:
        """Makes a step of the power iteration, as in Miyato et al. (2018)."""
        for layer, u in zip(self.discriminator, self._vectors, strict=True):
            v = tf.math.l2_normalize(tf.matmul(layer.weights, u, transpose_a=True), axis=1)
            u.assign(tf.math.l2_normalize(tf.matmul(layer.weights, v), axis=1))

    def _discriminator_step(
        self, inputs: tf.Tensor, factor: tf.Tensor, count: tf.Tensor
    ) -> tf.Tensor:
        """Updates D and returns its estimate of the divergence before, for each seed."""
        if self._method.has_spectral_norm:
            self._update_vectors()
        rungs = self._rungs
        with tf.GradientTape() as tape:
            own = tf.one_hot(rungs.labels, self.settings.num_bridges + 1)[:, tf.newaxis, tf.newaxis]
            losses = -tf.reduce_sum(self._log_probabilities(inputs) * own, axis=3)
            weights = tf.constant(rungs.weights, tf.float32)[:, tf.newaxis, tf.newaxis]
            cross_entropy = tf.reduce_sum(
                tf.reduce_mean(losses, axis=2, keepdims=True) * weights, axis=[0, 2]
            )
            loss = cross_entropy
            if self._method.has_gradient_penalty:
                loss += PENALTY_WEIGHT / 2 * self._gradient_penalty(inputs)
        gradients = tape.gradient(loss, tf.nest.flatten(self.discriminator))
        rate = _LEARNING_RATE_OF_D * self.settings.discriminator_speed * factor
        self._optimizer_of_d.apply(gradients, rate, count)
        return float(np.log(self.settings.num_bridges + 1)) - cross_entropy

    def _gradient_penalty(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns the mean squared norm of the gradient of D's log odds, for each seed."""
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            log_probabilities = self._log_probabilities(inputs)
            odds = log_probabilities[..., -1] - log_probabilities[..., 0]
        norms = tf.reduce_sum(tf.square(tape.gradient(odds, inputs)), axis=3)
        return tf.reduce_mean(norms, axis=[0, 2])

    @tf.function
    def codes_and_errors(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the codes (seeds, n, d) of the fixed points, and the mean SSE of each seed."""
        x = self.data()
        z = mlp(self.encoder, x)
        errors = tf.reduce_sum(tf.square(mlp(self.decoder, z) - x), axis=2)
        return z, tf.reduce_mean(errors, axis=1)

    def data(self) -> tf.Tensor:
        """Returns the fixed points, shape (seeds, n, 2d)."""
        return tf.matmul(warp(self._points), self._maps)

    @tf.function
    def samples(self) -> tf.Tensor:
        """Returns G's samples of the prior, one for each fixed point, shape (seeds, n, 2d)."""
        shape = (*self._points.shape[:2], self.settings.problem.d)
        return mlp(self.decoder, tf.random.stateless_normal(shape, [4, 0]))
