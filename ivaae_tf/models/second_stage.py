"""The second stage: a variational auto-encoder of codes, which samples new codes."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from ivaae_tf.layers.divergences import NoDivergence
from ivaae_tf.layers.interventions import BlockwiseIntervention
from ivaae_tf.layers.likelihoods import GaussianLikelihood
from ivaae_tf.layers.posteriors import GaussianPosterior
from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.optimizers import FusedAdam, make_adam
from ivaae_tf.models.samplers import Sampler
from ivaae_tf.second_stage_settings import SecondStageSettings


class SecondStage(Sampler):
    """Samples codes with a model of the standardized codes (z − mean) / scale.

    It samples u ~ N(0, I), then z ~ N(G₂(u), γ²·I), where G₂ is the decoder of the second stage and
    γ the scale of its Gaussian likelihood.

    Args:
        model: The second stage.
        mean: Mean of the codes, d numbers.
        scale: Standard deviation of each coordinate of the codes, d numbers above 0.
        num_epochs: Number of epochs that the second stage was trained for.

    Example:
        >>> model = make_second_stage(SecondStageSettings(width=0.1), latent_dim=2)
        >>> sampler = SecondStage(model, mean=[0.0, 1.0], scale=[1.0, 2.0], num_epochs=0)
        >>> sampler(3, seed=0).shape
        TensorShape([3, 2])

    References:
        Dai and Wipf (2019), Diagnosing and Enhancing VAE Models:
        https://arxiv.org/abs/1903.05789
    """

    def __init__(
        self,
        model: InterventionAutoencoder,
        mean: Sequence[float],
        scale: Sequence[float],
        num_epochs: int,
    ):
        super().__init__("second_stage", {"num_second_stage_epochs": num_epochs})
        self._model = model
        self._mean = tf.constant(mean, tf.float32)
        self._scale = tf.constant(scale, tf.float32)

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of weights and seed."""
        u = tf.random.stateless_normal([num_codes, self._model.latent_dim], tf.stack([seed, 0]))
        z = self._model.likelihood.draw(self._model.decode(u), tf.stack([seed, 1]))
        return self._mean + self._scale * z


def make_second_stage(settings: SecondStageSettings, latent_dim: int) -> InterventionAutoencoder:
    """Returns the uncompiled VAE of codes (m, latent_dim); its own codes have the same shape."""
    settings.check()
    keras.utils.set_random_seed(settings.seed)
    posterior = GaussianPosterior(seed=settings.seed)
    num_parameters = posterior.num_parameters(latent_dim)
    return InterventionAutoencoder(
        encoder=_network(latent_dim, num_parameters, settings.width, "encoder"),
        decoder=_network(latent_dim, latent_dim, settings.width, "decoder"),
        intervention=BlockwiseIntervention(1, seed=settings.seed),
        divergence=NoDivergence(),
        posterior=posterior,
        likelihood=GaussianLikelihood(),
        posterior_weight=1.0,
    )


def _network(num_inputs: int, num_outputs: int, width: float, name: str) -> keras.Model:
    """Returns three hidden layers; the input is appended to the last, as in the authors' code."""
    units = max(1, round(1024 * width))
    inputs = hidden = keras.Input((num_inputs,))
    for _ in range(3):
        hidden = keras.layers.Dense(units, activation="relu")(hidden)
    joined = keras.layers.Concatenate()([hidden, inputs])
    outputs = keras.layers.Dense(num_outputs, dtype="float32")(joined)
    return keras.Model(inputs, outputs, name=name)


def make_second_stage_optimizers(
    settings: SecondStageSettings, steps_per_epoch: int
) -> dict[str, FusedAdam]:
    """Returns the three optimizers of a second stage as keyword arguments of `compile`.

    Raises:
        SettingsError: If the decay epochs or their factors are invalid.
    """
    return {
        f"{network}_optimizer": make_adam(
            network, settings.learning_rate, settings, steps_per_epoch
        )
        for network in ("encoder", "decoder", "discriminator")
    }
