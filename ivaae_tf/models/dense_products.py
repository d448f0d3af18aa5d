"""Products of dense layers in training steps, with XLA where that is faster."""

import functools
import os
import platform
from collections.abc import Callable, Iterable

import keras
import numpy as np
import tensorflow as tf

_FEWEST_UNITS = 256  # Smaller products are not faster.


def speed_up(layers: Iterable[keras.Layer]) -> None:
    """Lets large dense layers multiply with XLA in training steps, where that is faster.

    On processors with AVX2 but without AVX-512, oneDNN multiplies a batch of 64 rows with a matrix
    at about half the speed of XLA. The layers, their weights and their files stay as they
    are, and so do evaluations and exports, which do not call the layers with `training=True`.

    Args:
        layers: Layers of the model that is compiled, which are built.
    """
    if not _xla_is_faster():
        return
    for layer in layers:
        # Only the class itself: a subclass may compute something else.
        is_dense = type(layer) is keras.layers.Dense and layer.compute_dtype == "float32"
        if is_dense and min(layer.kernel.shape) >= _FEWEST_UNITS:
            # A function for each layer, because TensorFlow warns of many shapes in one.
            compiled = tf.function(tf.matmul, jit_compile=True, autograph=False)
            layer.call = functools.partial(_call, layer, compiled)


def _xla_is_faster() -> bool:
    """Returns whether the model is on one CPU, and oneDNN has no instructions of AVX-512."""
    # Several replicas cannot call what XLA compiles.
    if tf.distribute.get_strategy().num_replicas_in_sync > 1 or tf.config.list_logical_devices(
        "GPU"
    ):
        return False
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    has_avx512 = any(name.startswith(("AVX512", "X86_V4")) for name in found)
    is_limited = os.environ.get("ONEDNN_MAX_CPU_ISA", "").startswith("AVX2")
    return platform.machine() == "x86_64" and (is_limited or not has_avx512)


def _call(
    layer: keras.layers.Dense,
    compiled: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    inputs: tf.Tensor,
    training: bool | None = None,
) -> tf.Tensor:
    """Returns the layer's output; it takes the place of `call`."""
    if not training or len(inputs.shape) != 2:
        return type(layer).call(layer, inputs, training)

    @tf.custom_gradient
    def product(x: tf.Tensor, w: tf.Tensor):
        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            # oneDNN multiplies with transposed matrices as fast as XLA.
            of_x = tf.matmul(upstream, w, transpose_b=True)
            return of_x, tf.matmul(x, upstream, transpose_a=True)

        return compiled(x, w), gradient

    outputs = product(inputs, tf.convert_to_tensor(layer.kernel))
    if layer.bias is not None:
        outputs = outputs + layer.bias
    return outputs if layer.activation is None else layer.activation(outputs)
