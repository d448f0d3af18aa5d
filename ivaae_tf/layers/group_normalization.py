"""Group normalization that can be differentiated twice."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("ivaae_tf")
class GroupNormalization(keras.layers.GroupNormalization):
    """Keras's group normalization of the last axis, with an exact second derivative.

    Keras computes the variance by `tf.nn.moments`, which treats the mean in it as a constant: the
    first derivative is right, but the second, which `GradientPenalty` needs, is wrong. Statistics
    are of one image, so training and inference are the same.

    Example:
        >>> GroupNormalization(groups=2)(ops.ones([2, 4, 4, 6])).shape
        TensorShape([2, 4, 4, 6])

    References:
        Wu and He (2018), Group Normalization: https://arxiv.org/abs/1803.08494
    """

    def call(self, inputs):
        """Returns the normalized values, shape (m, …, channels) as the inputs."""
        channels = inputs.shape[-1]
        x = ops.reshape(
            ops.cast(inputs, self.variable_dtype),
            (-1, *inputs.shape[1:-1], self.groups, channels // self.groups),
        )
        axes = [*range(1, len(inputs.shape) - 1), -1]
        centered = x - ops.mean(x, axes, keepdims=True)
        variance = ops.mean(ops.square(centered), axes, keepdims=True)
        normalized = centered * ops.rsqrt(variance + self.epsilon)
        normalized = ops.reshape(normalized, (-1, *inputs.shape[1:]))
        return ops.cast(normalized, self.compute_dtype) * self.gamma + self.beta
