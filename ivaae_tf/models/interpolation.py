"""Interpolation between codes."""

import tensorflow as tf


def spherical_interpolation(z_start: tf.Tensor, z_end: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Returns points on the great arc between codes (Shoemake, 1985), shape (m, n, d).

    Args:
        z_start: Codes at weight 0, shape (m, d).
        z_end: Codes at weight 1, shape (m, d).
        weights: Positions on the arc in [0, 1], shape (n,).
    """
    directions = tf.math.l2_normalize(z_start, axis=-1), tf.math.l2_normalize(z_end, axis=-1)
    cosine = tf.reduce_sum(directions[0] * directions[1], axis=-1, keepdims=True)
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))[:, tf.newaxis]  # (m, 1, 1)
    weights = weights[tf.newaxis, :, tf.newaxis]
    # For equal or opposite directions the arc is not defined: take the straight line.
    sine = tf.sin(angle)
    is_degenerate = sine < 1e-4
    safe_sine = tf.where(is_degenerate, 1.0, sine)
    from_start = tf.where(is_degenerate, 1 - weights, tf.sin((1 - weights) * angle) / safe_sine)
    from_end = tf.where(is_degenerate, weights, tf.sin(weights * angle) / safe_sine)
    return from_start * z_start[:, tf.newaxis] + from_end * z_end[:, tf.newaxis]
