"""Calibration of outlier detection: p-values and thresholds from costs of held-out images."""

from pathlib import Path

import numpy as np

from ivaae_tf.program import stored_arrays
from ivaae_tf.program.damaged_files import DamagedFileError, parsing
from ivaae_tf.program.errors import UserError

_ARRAYS = ("reconstruction_sse", "latent_energy")


class Calibration:
    """Costs of held-out images, computed with the model of one epoch.

    The p-value of an image is (1 + number of held-out images that cost as much or more) / (1 + n).
    For an image from the distribution of the n held-out images, it is at most α with a probability
    of at most α (a conformal p-value; Vovk, Gammerman and Shafer, 2005).

    Args:
        reconstruction_sse: Sum of squared errors of each held-out image, shape (n,).
        latent_energy: −log density of each image's code, nats, shape (n,).
        epoch: Number of epochs that the model was trained for.
    """

    def __init__(self, reconstruction_sse: np.ndarray, latent_energy: np.ndarray, epoch: int):
        self.reconstruction_sse = np.sort(reconstruction_sse)
        self.latent_energy = np.sort(latent_energy)
        self.epoch = epoch

    @property
    def num_images(self) -> int:
        """n, the number of held-out images."""
        return len(self.reconstruction_sse)

    @property
    def lowest_rate(self) -> float:
        """The lowest rate of false alarms that this number of images can measure."""
        return 1 / (1 + self.num_images)

    def threshold(self, false_alarm_rate: float) -> float:
        """Returns the reconstruction cost above which the p-value is at most a rate.

        Raises:
            UserError: If there are too few held-out images for this rate.
        """
        num_above = int(np.floor(false_alarm_rate * (1 + self.num_images) + 1e-9))
        if not num_above:
            raise UserError(
                f"--false_alarm_rate must be at least 1/{1 + self.num_images} with the "
                f"{self.num_images} held-out images; found {false_alarm_rate}"
            )
        return float(self.reconstruction_sse[self.num_images - num_above])

    def save(self, path: Path) -> None:
        """Writes the costs as .npz."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        stored_arrays.save(path, epoch=self.epoch, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Calibration | None":
        """Returns the calibration in a file of `save`, or None if there is no file.

        Raises:
            DamagedFileError: If the file does not contain costs.
        """
        if not path.exists():
            return None
        stored = stored_arrays.load(path)
        with parsing(path, TypeError):  # NumPy raises it for arrays of other types and shapes.
            arrays = [stored[name] for name in _ARRAYS]
            if any(array.ndim != 1 or not np.isfinite(array).all() for array in arrays):
                raise DamagedFileError(path, "it does not contain a finite cost of each image")
            reconstruction_sse, latent_energy = arrays
            if len(reconstruction_sse) != len(latent_energy) or not len(latent_energy):
                raise DamagedFileError(
                    path,
                    f"it has {len(reconstruction_sse)} costs of reconstructions and "
                    f"{len(latent_energy)} of codes; expected one of each for each image",
                )
            return cls(reconstruction_sse, latent_energy, int(stored["epoch"]))


def p_values(costs: np.ndarray, held_out: np.ndarray, are_held_out: bool = False) -> np.ndarray:
    """Returns the p-value of each cost, shape (m,).

    Args:
        costs: Shape (m,).
        held_out: Ascending costs of the held-out images, shape (n,).
        are_held_out: Whether the costs are of held-out images, each compared with the others.
    """
    num_as_high = len(held_out) - np.searchsorted(held_out, costs, side="left")
    itself = 1 if are_held_out else 0
    return (1 + num_as_high - itself) / (1 + len(held_out) - itself)


def combined_costs(
    reconstruction_sse: np.ndarray,
    latent_energy: np.ndarray,
    calibration: Calibration,
    are_held_out: bool = False,
) -> np.ndarray:
    """Returns the sum of −log p over both costs of each image, shape (m,): Fisher's combination.

    The sum is high if either cost is high. The costs are not independent, so Fisher's own p-value
    does not apply: use `p_values` with the combined costs of the held-out images.

    Args:
        reconstruction_sse: Shape (m,).
        latent_energy: Shape (m,).
        calibration: The costs of the held-out images.
        are_held_out: Whether the costs are of held-out images, as in `p_values`.
    """
    return -np.log(p_values(reconstruction_sse, calibration.reconstruction_sse, are_held_out)) - (
        np.log(p_values(latent_energy, calibration.latent_energy, are_held_out))
    )
