"""The covariance of the codes of a run, as a CSV file with a comment."""

import dataclasses
from pathlib import Path

import numpy as np

from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, check_size, parsing
from ivaae_tf.program.errors import UserError

_MOST_BYTES = 2**30


@dataclasses.dataclass(frozen=True)
class Covariance:
    """The covariance of a run's codes, shape (d, d), and a text on their origin."""

    matrix: np.ndarray
    origin: str

    def write(self, path: Path) -> None:
        """Writes it as CSV, with the origin as a comment."""
        with replace_when_complete(path) as temporary:
            np.savetxt(temporary, self.matrix, fmt="%.6g", delimiter=",", header=self.origin)

    @classmethod
    def read(cls, path: Path, latent_dim: int) -> "Covariance":
        """Returns what `write` wrote.

        Raises:
            UserError: If it is not a square matrix, or belongs to codes of another dimension.
        """
        check_size(path, _MOST_BYTES)
        with parsing(path):
            lines = path.read_text("utf-8").splitlines()
            if not lines[1:]:
                raise DamagedFileError(path, "it contains no numbers")
            matrix = np.loadtxt(lines, delimiter=",", ndmin=2)
            if matrix.shape[0] != matrix.shape[1]:
                raise DamagedFileError(path, f"it is not square: its shape is {matrix.shape}")
            if len(matrix) != latent_dim:
                raise UserError(
                    f"{path} has codes of dimension {len(matrix)}, expected {latent_dim}, as in "
                    "the run's record"
                )
            return cls(matrix, lines[0].strip("# \n"))
