"""Tests of the fused Adam's updates and state against Keras's Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.models.optimizers import FusedAdam, decay_at_epochs

_SHAPES = ((3, 4), (4,), ())

# The kernel computes 1 − β₂ = .001 in float32, Keras in float64; they differ by 1.3e-5.
_TOLERANCE = 3e-5


def _gradients(step: int):
    rng = np.random.default_rng(step)
    # Seven orders of magnitude, so that epsilon matters to some and not to others.
    scales = 10.0 ** rng.integers(-8, 0, len(_SHAPES))
    return [
        tf.constant(scale * rng.normal(size=shape), tf.float32)
        for scale, shape in zip(scales, _SHAPES, strict=True)
    ]


def _trained(optimizer, num_steps, first_step=0, variables=None, jit_compile=None):
    """Returns variables after some steps, in eager mode if `jit_compile` is None."""
    if variables is None:
        variables = [keras.Variable(np.full(shape, 0.5, np.float32)) for shape in _SHAPES]
    optimizer.build(variables)
    apply = optimizer.apply
    if jit_compile is not None:
        apply = tf.function(lambda gradients: optimizer.apply(gradients), jit_compile=jit_compile)
    for step in range(first_step, first_step + num_steps):
        apply(_gradients(step))
    return variables


def _make(optimizer_class, **options):
    schedule = decay_at_epochs(0.01, [1], [0.5], steps_per_epoch=5)
    return optimizer_class(schedule, beta_1=0.5, **options)


@pytest.mark.parametrize("jit_compile", [None, False, True])
def test_fused_adam_is_kerass_adam(jit_compile):
    """Compares steps before and after a change of the rate, with β₁ = 0.5."""
    fused, plain = _make(FusedAdam), _make(keras.optimizers.Adam)
    variables = _trained(fused, 12, jit_compile=jit_compile)
    expected = _trained(plain, 12)
    for variable, reference in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, reference, rtol=_TOLERANCE)
    for state, reference in zip(fused.variables, plain.variables, strict=True):
        np.testing.assert_allclose(state, reference, rtol=_TOLERANCE)


def test_gradients_are_limited_as_kerass_adam_limits_them():
    # The norms of the gradients are on both sides of it.
    limit = {"global_clipnorm": 1e-2}
    norms = [float(tf.linalg.global_norm(_gradients(step))) for step in range(12)]
    assert min(norms) < limit["global_clipnorm"] < max(norms)
    expected = _trained(_make(keras.optimizers.Adam, **limit), 12)
    for variable, reference in zip(_trained(_make(FusedAdam, **limit), 12), expected, strict=True):
        np.testing.assert_allclose(variable, reference, rtol=_TOLERANCE)


def test_adam_in_float64_is_met_too():
    """Compares with Kingma and Ba (2015), Algorithm 1, in NumPy with Keras's ε."""
    optimizer = FusedAdam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-7)
    variables = _trained(optimizer, 6)
    for index, variable in enumerate(variables):
        value, m, v = np.full(_SHAPES[index], 0.5), 0.0, 0.0
        for step in range(6):
            gradient = np.float64(_gradients(step)[index])
            m = 0.5 * m + 0.5 * gradient
            v = 0.9 * v + 0.1 * gradient**2
            rate = 0.01 * np.sqrt(1 - 0.9 ** (step + 1)) / (1 - 0.5 ** (step + 1))
            value = value - rate * m / (np.sqrt(v) + 1e-7)
        np.testing.assert_allclose(variable, value, rtol=2e-6)


def test_its_state_is_saved_and_loaded():
    uninterrupted = _trained(_make(FusedAdam), 10)

    first = _make(FusedAdam)
    variables = _trained(first, 6)
    store = {}
    first.save_own_variables(store)
    second = FusedAdam.from_config(keras.saving.deserialize_keras_object(first.get_config()))
    second.build(variables)
    second.load_own_variables(store)
    assert int(second.iterations) == 6
    _trained(second, 4, first_step=6, variables=variables)
    for variable, reference in zip(variables, uninterrupted, strict=True):
        np.testing.assert_array_equal(variable, reference)


def test_a_sparse_gradient_is_its_dense_one():
    variable = keras.Variable(np.zeros((4, 2), np.float32))
    twin = keras.Variable(np.zeros((4, 2), np.float32))
    slices = tf.IndexedSlices(tf.ones((2, 2)), tf.constant([1, 1]), tf.constant([4, 2]))
    fused, plain = FusedAdam(0.1), keras.optimizers.Adam(0.1)
    for _ in range(3):
        fused.apply([slices], [variable])
        plain.apply([tf.convert_to_tensor(slices)], [twin])
    np.testing.assert_allclose(variable, twin, rtol=_TOLERANCE)


def test_amsgrad_is_refused():
    with pytest.raises(ValueError, match="amsgrad"):
        FusedAdam(amsgrad=True)


def test_the_norm_is_that_of_all_gradients_that_were_applied():
    optimizer = _make(FusedAdam)
    _trained(optimizer, 3)
    flat = np.concatenate([np.ravel(gradient) for gradient in _gradients(2)]).astype(np.float64)
    np.testing.assert_allclose(optimizer.gradient_norm, np.sqrt(np.sum(flat**2)), rtol=1e-6)
