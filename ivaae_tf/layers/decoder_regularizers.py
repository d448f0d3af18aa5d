"""Regularizers Ω(G), which make the decoder smooth."""

from collections.abc import Callable

import keras
import tensorflow as tf

from ivaae_tf.layers.noise import RandomLayer


@keras.saving.register_keras_serializable("ivaae_tf")
class DecoderRegularizer(keras.layers.Layer):
    """A penalty Ω(G) on the decoder; 0 in this base class.

    Example:
        >>> decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6)])
        >>> x_hat, penalty = DecoderRegularizer().decode(decoder, tf.ones([2, 4]))
        >>> x_hat.shape, float(penalty)
        (TensorShape([2, 6]), 0.0)

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders:
        https://arxiv.org/abs/1903.12436
    """

    has_penalty = False  # whether `decode` returns a penalty other than 0

    def __init__(self, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def wrap(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """Returns a layer of the decoder, wrapped if the regularizer needs it."""
        return layer

    def prepare(self, decoder: keras.Model) -> None:
        """Prepares a decoder for `decode`, before its first use."""

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Runs the decoder in training mode.

        Args:
            decoder: G.
            z: Codes, shape (m, d).

        Returns:
            The images G(z), and the penalty Ω(G), a scalar.
        """
        return decoder(z, training=True), tf.zeros([])


@keras.saving.register_keras_serializable("ivaae_tf")
class WeightDecay(DecoderRegularizer):
    """The sum of squares of the decoder's kernels, as in RAE-L2.

    Biases and the scales of batch normalization are excluded, as in the authors' code.

    Example:
        >>> decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6)])
        >>> decoder.set_weights([tf.ones([4, 6]), tf.ones([6])])
        >>> float(WeightDecay().decode(decoder, tf.ones([2, 4]))[1])
        24.0

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders:
        https://arxiv.org/abs/1903.12436
    """

    has_penalty = True

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G(z) and Σ W² over all kernels."""
        kernels = [v for v in decoder.trainable_variables if v.name == "kernel"]
        squares = [tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32))) for kernel in kernels]
        return decoder(z, training=True), tf.add_n(squares)


@keras.saving.register_keras_serializable("ivaae_tf")
class GradientPenalty(RandomLayer, DecoderRegularizer):
    """The mean over codes of ‖J‖², J = ∂G(z)/∂z, as in RAE-GP.

    The Frobenius norm is estimated with one probe of random signs v for each code:
    E‖Jᵀv‖² = ‖J‖² (Hutchinson, 1990). In training mode batch normalization couples the images of
    a batch; J is then the derivative of the whole batch.

    Args:
        seed: Integer seed of the probes; None for a random seed.

    Example:
        >>> decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6)])
        >>> x_hat, penalty = GradientPenalty(seed=0).decode(decoder, tf.ones([2, 4]))
        >>> x_hat.shape, penalty.shape
        (TensorShape([2, 6]), TensorShape([]))

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders, equation 10:
        https://arxiv.org/abs/1903.12436
        Hutchinson (1990), A Stochastic Estimator of the Trace of the Influence Matrix for
        Laplacian Smoothing Splines: https://doi.org/10.1080/03610919008812866
    """

    has_penalty = True

    def prepare(self, decoder: keras.Model) -> None:
        """Makes the second derivative of batch normalization exact.

        The first derivative of the variance of `tf.nn.moments` is right, but the second is wrong,
        because TensorFlow treats the mean in it as a constant. Synchronized layers compute the
        variance in another way, also with one replica.
        """
        for layer in decoder._flatten_layers():  # at any depth
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G(z) and an estimate of the mean squared Frobenius norm of J."""
        with tf.GradientTape() as tape:
            tape.watch(z)
            x_hat = decoder(z, training=True)
            signs = tf.sign(self.normal(x_hat)[0])
            projection = tf.reduce_sum(signs * x_hat)
        gradient = tape.gradient(projection, z)  # (m, d), the rows Jᵀv
        return x_hat, tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=-1))


@keras.saving.register_keras_serializable("ivaae_tf")
class SpectralNormalization(DecoderRegularizer):
    """Divides each kernel of the decoder by its spectral norm, as in RAE-SN.

    There is no penalty: the constraint is in the layers.

    Example:
        >>> layer = SpectralNormalization().wrap(keras.layers.Dense(6))
        >>> layer(tf.ones([2, 4])).shape
        TensorShape([2, 6])

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders:
        https://arxiv.org/abs/1903.12436
    """

    def wrap(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """Returns a layer with a kernel wrapped in `SpectrallyNormalized`, others unchanged."""
        convolutions = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
        kernels = (keras.layers.Dense, keras.layers.Conv1DTranspose, *convolutions)
        return SpectrallyNormalized(layer) if isinstance(layer, kernels) else layer


@keras.saving.register_keras_serializable("ivaae_tf")
class SpectrallyNormalized(keras.layers.Wrapper):
    """A layer that uses its kernel W divided by an estimate of its largest singular value σ.

    W is reshaped to a matrix whose columns are the last axis. Each call in training mode runs one
    step of power iteration, and the gradient passes through σ. Unlike Keras's
    `SpectralNormalization`, it does not overwrite W, so the gradient is exact.

    Args:
        layer: A layer with a `kernel`.

    Example:
        >>> SpectrallyNormalized(keras.layers.Dense(6))(tf.ones([2, 4]), training=True).shape
        TensorShape([2, 6])

    References:
        Miyato et al. (2018), Spectral Normalization for Generative Adversarial Networks,
        algorithm 1: https://arxiv.org/abs/1802.05957
    """

    def build(self, input_shape):
        """Makes the left singular vector u of the power iteration."""
        super().build(input_shape)
        kernel = self.layer.kernel
        self._shape = [-1, kernel.shape[-1]]
        self.vector = self.add_weight(
            name="vector",
            shape=(1, kernel.shape[-1]),
            initializer=keras.initializers.RandomNormal(seed=0),
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs, training=False):
        """Returns the layer's output with the kernel W/σ."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        matrix = tf.reshape(tf.cast(kernel, tf.float32), self._shape)
        fixed = tf.stop_gradient(matrix)
        u = tf.stop_gradient(tf.convert_to_tensor(self.vector))
        v = tf.math.l2_normalize(tf.matmul(u, fixed, transpose_b=True))
        if training:
            u = tf.math.l2_normalize(tf.matmul(v, fixed))
            self.vector.assign(u)
        sigma = tf.reduce_sum(tf.matmul(v, matrix) * u)
        weights = [
            kernel / tf.cast(sigma, kernel.dtype) if variable is self.layer.kernel else variable
            for variable in self.layer.trainable_variables
        ]
        outputs, _ = self.layer.stateless_call(weights, [], inputs)
        return outputs


# Name -> function of a seed.
DECODER_REGULARIZERS: dict[str, Callable[[int | None], DecoderRegularizer]] = {
    "none": lambda seed: DecoderRegularizer(),
    "weight_decay": lambda seed: WeightDecay(),
    "gradient_penalty": lambda seed: GradientPenalty(seed),
    "spectral_normalization": lambda seed: SpectralNormalization(),
}
