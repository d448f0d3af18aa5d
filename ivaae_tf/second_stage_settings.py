"""The settings of a second stage, from which its model and optimizers are made."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras

from ivaae_tf.autoencoder import InterventionAutoencoder
from ivaae_tf.divergences import NoDivergence
from ivaae_tf.interventions import BlockwiseIntervention
from ivaae_tf.likelihoods import GaussianLikelihood
from ivaae_tf.networks import code_mlp
from ivaae_tf.optimizers import FusedAdam
from ivaae_tf.posteriors import GaussianPosterior
from ivaae_tf.schedules import decay_at_epochs
from pipelines.errors import UserError


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecondStageSettings:
    """The settings that determine a second stage, except its codes and epochs.

    Each field is the flag of the same name of `ivaae second_stage`, with the same default; the
    defaults are those of Dai and Wipf (2019).
    """

    width: float = 1.0
    batch_size: int = 64
    learning_rate: float = 1e-4
    lr_decay_epochs: tuple[int, ...] = (300, 600)
    lr_decay_factors: tuple[float, ...] = (0.5, 0.5)
    seed: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SecondStageSettings":
        """Returns the settings from the values of parsed flags, or from `to_record`'s result.

        Raises:
            KeyError: If a setting is missing.
        """
        found: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            value = values[field.name]
            found[field.name] = tuple(value) if isinstance(value, list) else value
        return cls(**found)

    def to_record(self) -> dict[str, Any]:
        """Returns name -> value for JSON, with lists for tuples."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }

    def build_model(self, latent_dim: int) -> InterventionAutoencoder:
        """Returns the uncompiled VAE of codes (m, latent_dim), whose own codes have as many."""
        keras.utils.set_random_seed(self.seed)
        posterior = GaussianPosterior(seed=self.seed)
        return InterventionAutoencoder(
            encoder=code_mlp.encoder(latent_dim, posterior.num_parameters(latent_dim), self.width),
            decoder=code_mlp.decoder(latent_dim, self.width),
            intervention=BlockwiseIntervention(1, seed=self.seed),
            divergence=NoDivergence(),
            posterior=posterior,
            likelihood=GaussianLikelihood(),
            posterior_weight=1.0,
        )

    def make_optimizers(self, steps_per_epoch: int) -> dict[str, FusedAdam]:
        """Returns the three optimizers as keyword arguments of `compile`.

        Raises:
            UserError: If the decay epochs or their factors are invalid.
        """
        try:
            learning_rate = decay_at_epochs(
                self.learning_rate, self.lr_decay_epochs, self.lr_decay_factors, steps_per_epoch
            )
        except ValueError as error:
            raise UserError(f"--lr_decay_epochs, --lr_decay_factors: {error}") from error
        networks = ("encoder", "decoder", "discriminator")
        return {
            f"{network}_optimizer": FusedAdam(learning_rate, name=f"{network}_adam")
            for network in networks
        }
