"""Unmodified models and trainers of pythae, with our networks."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import (
    VAE,
    WAE_MMD,
    Adversarial_AE,
    Adversarial_AE_Config,
    VAEConfig,
    WAE_MMD_Config,
)
from pythae.models.base import BaseAE
from pythae.trainers import (
    AdversarialTrainer,
    AdversarialTrainerConfig,
    BaseTrainer,
    BaseTrainerConfig,
)
from pythae.trainers.training_callbacks import TrainingCallback

from benchmarks.pythae_networks import Decoder, Discriminator, Encoder
from benchmarks.pytorch_adapter import PyTorchModel

LATENT_DIM, BATCH_SIZE = 16, 64
_OUR_ADAM = {"betas": (0.5, 0.999)}
# 0.4 × 0.5 × the squared errors in [0, 1] is 0.05 × the squared errors in [−1, 1].
_OUR_AAE = {
    "deterministic_posterior": True,
    "reconstruction_loss_scale": 0.4,
    "adversarial_loss_scale": 1.0,
}
# There is no factor 0.5 here; the kernel and its scales are equal to ours.
_OUR_WAE_MMD = {"reconstruction_loss_scale": 0.2, "reg_weight": 10.0}


@dataclasses.dataclass(frozen=True)
class Training:
    """Settings with which a model of pythae is trained.

    Attributes:
        as_ours: Whether loss weights, encoder and Adam's β₁ are ours instead of pythae's.
        learning_rate: Learning rate of encoder and decoder.
        learning_rate_discriminator: Learning rate of the discriminator, if there is one.
        width: Factor on the width of every hidden layer.
        is_signed: Whether the encoder's images are in [−1, 1], like ours, instead of [0, 1].
        num_epochs: Epochs to train.
        seed: Seed of weights, order of images and noise.
        output_dir: Folder in which the trainer saves a copy of the model.
        callbacks: Callbacks of the trainer.
    """

    as_ours: bool
    learning_rate: float
    learning_rate_discriminator: float
    width: float
    is_signed: bool
    num_epochs: int
    seed: int
    output_dir: str
    callbacks: list[TrainingCallback]

    @property
    def adam(self) -> dict[str, Any] | None:
        """Adam's parameters, None for pythae's own."""
        return _OUR_ADAM if self.as_ours else None

    @property
    def config(self) -> dict[str, Any]:
        """Settings that all of pythae's trainers share."""
        return {
            "per_device_train_batch_size": BATCH_SIZE,
            "num_epochs": self.num_epochs,
            "seed": self.seed,
            "output_dir": self.output_dir,
        }


def aae(images: torch.Tensor, training: Training) -> BaseTrainer:
    """Returns the trainer of `Adversarial_AE`; for the arguments see `trainer_of`."""
    shape = tuple(images.shape[1:])
    options = _OUR_AAE if training.as_ours else {}
    model = Adversarial_AE(
        Adversarial_AE_Config(input_dim=shape, latent_dim=LATENT_DIM, **options),
        Encoder(shape, LATENT_DIM, training.width, training.is_signed),
        Decoder(LATENT_DIM, shape, training.width),
        Discriminator(LATENT_DIM, training.width),
    )
    config = AdversarialTrainerConfig(
        autoencoder_learning_rate=training.learning_rate,
        discriminator_learning_rate=training.learning_rate_discriminator,
        autoencoder_optimizer_params=training.adam,
        discriminator_optimizer_params=training.adam,
        **training.config,
    )
    return AdversarialTrainer(
        model, _dataset(images), training_config=config, callbacks=training.callbacks
    )


def wae_mmd(images: torch.Tensor, training: Training) -> BaseTrainer:
    """Returns the trainer of `WAE_MMD`; for the arguments see `trainer_of`."""
    shape = tuple(images.shape[1:])
    options = _OUR_WAE_MMD if training.as_ours else {}
    model = WAE_MMD(
        WAE_MMD_Config(input_dim=shape, latent_dim=LATENT_DIM, **options),
        Encoder(shape, LATENT_DIM, training.width, training.is_signed),
        Decoder(LATENT_DIM, shape, training.width),
    )
    return _trainer(model, images, training)


def vae(images: torch.Tensor, training: Training) -> BaseTrainer:
    """Returns the trainer of `VAE`; for the arguments see `trainer_of`.

    Its loss is 0.5 × the squared errors in [0, 1], 0.125 × the squared errors in [−1, 1], plus the
    divergence. It equals our loss with κ = 0.05/0.125 = 0.4, the default, times 2.5, which does not
    change Adam's steps.
    """
    shape = tuple(images.shape[1:])
    model = VAE(
        VAEConfig(input_dim=shape, latent_dim=LATENT_DIM),
        Encoder(shape, LATENT_DIM, training.width, training.is_signed),
        Decoder(LATENT_DIM, shape, training.width),
    )
    return _trainer(model, images, training)


def _trainer(model: BaseAE, images: torch.Tensor, training: Training) -> BaseTrainer:
    """Returns the trainer of a model with one optimizer."""
    config = BaseTrainerConfig(
        learning_rate=training.learning_rate,
        optimizer_params=training.adam,
        **training.config,
    )
    return BaseTrainer(
        model, _dataset(images), training_config=config, callbacks=training.callbacks
    )


MODELS: Mapping[str, Callable[[torch.Tensor, Training], BaseTrainer]] = {
    "aae": aae,
    "wae_mmd": wae_mmd,
    "vae": vae,
}


def trainer_of(name: str, images: torch.Tensor, training: Training) -> BaseTrainer:
    """Returns pythae's trainer with a new model.

    Args:
        name: A name of `MODELS`.
        images: Training images in [0, 1], (n, channels, height, width).
        training: Settings of the training.
    """
    torch.manual_seed(training.seed)  # for the initial weights; the trainer seeds the rest
    return MODELS[name](images, training)


def to_pythae(images: torch.Tensor) -> torch.Tensor:
    """Maps images in [−1, 1] to [0, 1]."""
    return images / 2 + 0.5


def adapted(model: BaseAE) -> PyTorchModel:
    """Returns a trained model in the form that our evaluation accepts.

    The codes are the discriminator's inputs, random if the encoder is stochastic. Reconstructions
    are decoded from the mean.
    """
    model = model.eval().cpu()
    return PyTorchModel(
        model.latent_dim,
        encode=lambda x: model.embed(to_pythae(x)),
        decode=lambda z: 2 * model.decoder(z).reconstruction - 1,
        reconstruct=lambda x: 2 * model.predict(to_pythae(x)).recon_x - 1,
    )


def _dataset(images: torch.Tensor) -> BaseDataset:
    return BaseDataset(images, labels=torch.ones(len(images)))
