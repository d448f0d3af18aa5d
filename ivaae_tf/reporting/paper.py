"""The numbers of the paper's Tables 1 and 2, and the settings that they were taken with."""

import dataclasses
from typing import Any

from ivaae_tf import methods

EPOCHS = 300
NUM_SAMPLES = 20_000  # New images, for FID.
NUM_CODES = 60_000  # For FLD.


@dataclasses.dataclass(frozen=True)
class Reported:
    """A cell of the tables: FID of Table 1 and FLD of Table 2; None where it cannot be read."""

    fid: float | None
    fld: float


DATA_SETS = {"mnist": "MNIST", "celeb_a": "CelebA", "cifar10": "CIFAR-10"}

REPORTED = {
    "mnist": {
        "wae_mmd": Reported(None, 0.05),
        "wae_gan": Reported(53, 5.5),
        "ivaae_blockwise": Reported(49, 0.2),
        "ivaae_radial": Reported(50, 0.07),
        "ivaae_svgd": Reported(49, 5.7),
    },
    "celeb_a": {
        "wae_mmd": Reported(36, 0.34),
        "wae_gan": Reported(33, 1.5),
        "ivaae_blockwise": Reported(34, 0.22),
        "ivaae_radial": Reported(33, 0.18),
    },
    "cifar10": {
        "wae_mmd": Reported(87, 10.9),
        "wae_gan": Reported(109, 15.1),
        "ivaae_blockwise": Reported(117, 4.0),
        "ivaae_radial": Reported(80, 11.8),
    },
}

_MNIST = {
    "network": "fully_connected",
    "latent_dim": 16,
    "batch_size": 64,
    "learning_rate_encoder": 5e-5,
    "learning_rate_decoder": 1e-4,
    "learning_rate_discriminator": 1e-4,
    "lr_decay_epochs": [100, 200],
    "lr_decay_factors": [0.5, 0.5],
}
_CONVOLUTIONAL = {
    "network": "convolutional",
    "learning_rate_encoder": 1e-3,
    "learning_rate_decoder": 1e-3,
    "learning_rate_discriminator": 5e-4,
    "lr_decay_epochs": [30, 50, 100],
    "lr_decay_factors": [0.5, 0.2, 0.1],
}
_BANDWIDTH_SCALES = {"ivaae_svgd": 100.0}
_OF_DATA_SET = {
    "mnist": _MNIST,
    "celeb_a": {**_CONVOLUTIONAL, "latent_dim": 64, "batch_size": 100},
    "cifar10": {**_CONVOLUTIONAL, "latent_dim": 128, "batch_size": 128},
}


def settings(data_set: str, method: str) -> dict[str, Any]:
    """Returns the settings of a cell, as the record of a run holds them.

    Those that a result may differ in by chance alone, the seed and the buffer that images are
    shuffled in, are left out.

    Args:
        data_set: A name of `DATA_SETS`.
        method: A name of `METHODS`.
    """
    row = methods.METHODS[method]
    num_bridges = methods.DEFAULT_NUM_BRIDGES if row.bridges else 1
    # The cost of the WAE authors' code: 10 on MNIST, 100 elsewhere.
    mmd_weight = 10 if data_set == "mnist" else methods.MMD_LATENT_WEIGHT
    return {
        "dataset": data_set,
        "image_size": 64,
        "method": method,
        "num_bridges": num_bridges,
        "width": 1.0,
        "encoder_objective": "prior",
        "bandwidth_scale": _BANDWIDTH_SCALES.get(method),
        "reconstruction_weight": 1.0,
        "discriminator_weight": 1.0,
        "latent_weight": (
            methods.default_latent_weight(row, num_bridges) if row.adversarial else mmd_weight
        ),
        "adam_beta_1": 0.5,
        "mixed_precision": False,
        **_OF_DATA_SET[data_set],
    }
