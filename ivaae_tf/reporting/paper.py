"""The numbers of the paper's Tables 1 and 2, and the settings of each cell."""

import dataclasses

from ivaae_tf.program import flagfiles
from ivaae_tf.settings import Settings

NUM_SAMPLES = 20_000  # Samples for FID.
NUM_CODES = 60_000  # Codes for FLD.


@dataclasses.dataclass(frozen=True)
class Reported:
    """A cell: FID of Table 1, None if it is not legible, and FLD of Table 2."""

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


@dataclasses.dataclass(frozen=True)
class Cell:
    """The settings of a cell of the tables, and its number of epochs."""

    settings: Settings
    epochs: int


def cell(data_set: str, method: str) -> Cell:
    """Returns the settings of a cell from its flagfile.

    Args:
        data_set: A name of `DATA_SETS`.
        method: A name of `METHODS`.
    """
    texts = flagfiles.read(f"{data_set}_{method}")
    return Cell(Settings.from_text(texts), int(texts["epochs"]))
