"""Networks as a user writes them, in a module of the user's."""

import keras
from keras import layers


class Residual:
    """Keras's own layers alone, with normalization and dropout; the decoder has a width."""

    def encoder(self, image_shape, num_outputs):
        inputs = keras.Input(image_shape)
        x = layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
        y = layers.Conv2D(4, 3, padding="same")(layers.GroupNormalization(2)(x))
        y = layers.Dropout(0.1)(y)
        return keras.Model(inputs, layers.Dense(num_outputs)(layers.Flatten()(x + y)))

    def decoder(self, image_shape, latent_dim, width):
        inputs = keras.Input((latent_dim,))
        side, channels = image_shape[0] // 2, 4 * round(40 * width)
        x = layers.Reshape((side, side, channels))(layers.Dense(side**2 * channels)(inputs))
        x += layers.Conv2D(channels, 3, padding="same")(layers.GroupNormalization(2)(x))
        images = layers.Conv2DTranspose(image_shape[-1], 3, 2, "same", activation="tanh")(x)
        return keras.Model(inputs, images)


class Halved(layers.Layer):
    """A layer of the user's, which is not registered with Keras."""

    def call(self, x):
        return x / 2


class SubclassedEncoder(keras.Model):
    """A model without shapes until it is called."""

    def __init__(self, num_outputs, **options):
        super().__init__(**options)
        self.flatten, self.half, self.dense = layers.Flatten(), Halved(), layers.Dense(num_outputs)

    def call(self, x, training=False):
        return self.dense(self.half(self.flatten(x)))

    def get_config(self):
        return {**super().get_config(), "num_outputs": self.dense.units}


class Subclassed:
    """An encoder that is a subclass, and no decoder."""

    @staticmethod
    def encoder(image_shape, num_outputs):
        return SubclassedEncoder(num_outputs)


class Transformer:
    """A small vision transformer as the encoder."""

    def encoder(self, image_shape, num_outputs):
        inputs = keras.Input(image_shape)
        patches = layers.Reshape((-1, 8))(layers.Conv2D(8, 2, strides=2)(inputs))
        x = layers.LayerNormalization()(patches)
        x = patches + layers.MultiHeadAttention(2, 4)(x, x)
        x = layers.Dense(8, activation="gelu")(x)
        return keras.Model(inputs, layers.Dense(num_outputs)(layers.GlobalAveragePooling1D()(x)))


class WrongSize:
    def encoder(self, image_shape, num_outputs):
        return keras.Sequential([keras.Input(image_shape), layers.Flatten(), layers.Dense(3)])


class TwoOutputs:
    def encoder(self, image_shape, num_outputs):
        inputs = keras.Input(image_shape)
        x = layers.Flatten()(inputs)
        return keras.Model(inputs, [layers.Dense(2)(x), layers.Dense(2)(x)])


class NoSizes:
    def encoder(self):
        raise AssertionError


class NoModel:
    def encoder(self, image_shape, num_outputs):
        return layers.Dense(num_outputs)


class NoConfig:
    def encoder(self, image_shape, num_outputs):
        class Encoder(keras.Model):
            def __init__(self, dense):
                super().__init__()
                self.dense = dense

        return Encoder(layers.Dense(num_outputs))


in_two = Residual()
