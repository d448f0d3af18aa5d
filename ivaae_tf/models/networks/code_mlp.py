"""The networks of a second stage, which models codes (Dai and Wipf, 2019).

Three hidden layers each; the input is appended to the last of them, as in the authors' code.
"""

import keras
from keras import layers


def encoder(latent_dim: int, num_parameters: int, width: float = 1.0) -> keras.Model:
    """Returns E: codes (m, latent_dim) to the parameters (m, num_parameters) of a posterior."""
    return _network(latent_dim, num_parameters, width, "encoder")


def decoder(latent_dim: int, width: float = 1.0) -> keras.Model:
    """Returns G: codes of codes (m, latent_dim) to codes (m, latent_dim)."""
    return _network(latent_dim, latent_dim, width, "decoder")


def _network(num_inputs: int, num_outputs: int, width: float, name: str) -> keras.Model:
    units = max(1, round(1024 * width))
    inputs = hidden = keras.Input((num_inputs,))
    for _ in range(3):
        hidden = layers.Dense(units, activation="relu")(hidden)
    joined = layers.Concatenate()([hidden, inputs])
    return keras.Model(inputs, layers.Dense(num_outputs, dtype="float32")(joined), name=name)
