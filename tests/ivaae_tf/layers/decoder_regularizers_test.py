"""Decoder regularizers against Jacobians and singular values."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ivaae_tf.layers.decoder_regularizers import (
    DecoderRegularizer,
    GradientPenalty,
    SpectrallyNormalized,
    WeightDecay,
)
from ivaae_tf.layers.group_normalization import GroupNormalization
from ivaae_tf.models.networks import NETWORKS


@pytest.fixture
def decoder():
    keras.utils.set_random_seed(1)
    return NETWORKS["convolutional"].decoder((16, 16, 1), 3, 1 / 64)


@pytest.fixture
def z():
    return tf.constant(np.random.default_rng(0).normal(size=(5, 3)), tf.float32)


def test_without_a_regularizer_there_is_no_penalty(decoder, z):
    x_hat, penalty = DecoderRegularizer().decode(decoder, z)
    np.testing.assert_allclose(x_hat, decoder(z, training=True))
    assert penalty == 0


def test_weight_decay_is_of_kernels_alone(decoder, z):
    x_hat, penalty = WeightDecay().decode(decoder, z)
    kernels = [v.numpy() for v in decoder.trainable_variables if v.path.endswith("/kernel")]
    assert len(kernels) == 5  # the first layer and four convolutions
    np.testing.assert_allclose(penalty, sum(np.sum(k**2) for k in kernels), rtol=1e-5)
    np.testing.assert_allclose(x_hat, decoder(z, training=True), rtol=1e-5)


def test_the_gradient_penalty_is_the_norm_of_the_jacobian():
    keras.utils.set_random_seed(2)
    decoder = NETWORKS["fully_connected"].decoder((4, 4, 1), 3, 1 / 64)
    z = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    # By central differences, whose error is of order 1e-4 here.
    step = 1e-2
    jacobian = [
        (decoder(z + step * unit) - decoder(z - step * unit)) / (2 * step)
        for unit in np.eye(3, dtype=np.float32)
    ]
    expected = np.sum(np.square(jacobian)) / len(z)
    regularizer = GradientPenalty(seed=3)
    estimates = [float(regularizer.decode(decoder, tf.constant(z))[1]) for _ in range(400)]
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert error > 0  # the probes are random
    np.testing.assert_allclose(np.mean(estimates), expected, atol=5 * error + 1e-3 * expected)


@pytest.mark.parametrize(
    "normalization",
    [
        keras.layers.BatchNormalization(dtype="float64"),
        GroupNormalization(2, epsilon=1e-5, dtype="float64"),
    ],
)
def test_the_gradient_of_the_penalty_is_exact_through_a_normalization(normalization):
    """In float64: a central difference of step 1e-5 has an error of about 1e-9."""
    keras.utils.set_random_seed(0)
    decoder = keras.Sequential(
        [
            keras.Input((3,), dtype="float64"),
            keras.layers.Dense(6, activation="tanh", dtype="float64"),
            normalization,
            keras.layers.Dense(5, activation="tanh", dtype="float64"),
        ]
    )
    regularizer = GradientPenalty(seed=0)
    regularizer.prepare(decoder)
    z = tf.random.stateless_normal((8, 3), [1, 2], dtype=tf.float64)
    kernel = decoder.trainable_variables[0]
    direction = tf.random.stateless_normal(kernel.shape, [3, 4], dtype=tf.float64)

    def penalty():
        regularizer.seed_generator.state.assign([5, 6])  # the same probe
        return regularizer.decode(decoder, z)[1]

    def penalty_at(step):
        kernel.assign_add(step * direction)
        value = penalty()
        kernel.assign_sub(step * direction)
        return value

    with tf.GradientTape() as tape:
        value = penalty()
    along = tf.reduce_sum(tape.gradient(value, kernel) * direction)
    expected = (penalty_at(1e-5) - penalty_at(-1e-5)) / 2e-5
    np.testing.assert_allclose(along, expected, rtol=1e-6)


def test_batch_statistics_are_updated_once_a_step(decoder, z):
    twin = keras.models.clone_model(decoder)
    twin.set_weights(decoder.get_weights())
    GradientPenalty(seed=0).decode(decoder, z)
    twin(z, training=True)
    for weight, expected in zip(decoder.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-7)


LAYERS = {
    "dense": (lambda: layers.Dense(6), (4, 5)),
    "transposed": (lambda: layers.Conv2DTranspose(3, 3, strides=2, padding="same"), (2, 4, 4, 5)),
}


@pytest.fixture(params=LAYERS)
def normalized(request):
    make, shape = LAYERS[request.param]
    keras.utils.set_random_seed(4)
    inputs = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    layer = SpectrallyNormalized(make())
    layer(inputs)
    return layer, inputs


def _singular_values(layer):
    kernel = layer.layer.kernel.numpy()
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), full_matrices=False)


def test_the_largest_singular_value_becomes_one(normalized):
    layer, inputs = normalized
    for _ in range(200):
        layer(inputs, training=True)
    sigma = _singular_values(layer)[1][0]
    plain = layer.layer(inputs) - layer.layer.bias
    expected = plain / sigma + layer.layer.bias
    np.testing.assert_allclose(layer(inputs, training=True), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-3, atol=1e-4)


def test_the_gradient_passes_through_the_norm(normalized):
    layer, inputs = normalized
    for _ in range(300):
        layer(inputs, training=True)
    kernel = layer.layer.kernel
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(layer(inputs, training=True)))
    gradient = tape.gradient(loss, kernel.value)
    # Of W/σ(W): (H − ⟨H, W/σ⟩ u vᵀ)/σ, with H the gradient with respect to the used kernel.
    left, values, right = _singular_values(layer)
    used = kernel.numpy() / values[0]
    original = kernel.numpy()
    kernel.assign(used)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(layer.layer(inputs)))
    inner = tape.gradient(loss, kernel.value).numpy()
    kernel.assign(original)
    outer = np.outer(left[:, 0], right[0]).reshape(used.shape)
    expected = (inner - np.sum(inner * used) * outer) / values[0]
    np.testing.assert_allclose(gradient, expected, rtol=1e-2, atol=1e-2 * np.abs(expected).max())


def test_inference_changes_nothing(normalized):
    layer, inputs = normalized
    before = layer.vector.numpy()
    layer(inputs)
    np.testing.assert_array_equal(layer.vector, before)
    layer(inputs, training=True)
    assert np.any(layer.vector.numpy() != before)
    assert [v.path.split("/")[-1] for v in layer.trainable_variables] == ["kernel", "bias"]
