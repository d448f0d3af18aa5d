"""Encoders E, decoders G and discriminators D, of the paper's Tables 3 and 4."""

import keras

from ivaae_tf.models.networks import convolutional, fully_connected, residual

# Each module offers encoder(), decoder(), discriminator() and image_discriminator().
NETWORKS = {
    "fully_connected": fully_connected,
    "convolutional": convolutional,
    "residual": residual,
}


def normalized(encoder: keras.Model) -> keras.Model:
    """Returns E with codes of mean 0 and variance 1 over a batch, as in IVGAN.

    It adds batch normalization without scale and shift, which uses running statistics in inference.

    Example:
        >>> encoder = fully_connected.encoder((8, 8, 1), latent_dim=4, width=0.1)
        >>> normalized(encoder).layers[-1].scale
        False

    References:
        Liang, Zhang, Zhang and Zhang (2020), IVGAN, ICLR 2021 submission:
        https://openreview.net/forum?id=KTEde38blNB
    """
    normalization = convolutional.batch_normalization(center=False, scale=False, dtype="float32")
    return followed_by(encoder, normalization)


def followed_by(encoder: keras.Model, layer: keras.layers.Layer) -> keras.Model:
    """Returns E with a further layer at its end."""
    if not isinstance(encoder, keras.Sequential):
        return keras.Model(encoder.inputs, layer(encoder.outputs[0]), name="encoder")
    encoder.add(layer)
    return encoder
