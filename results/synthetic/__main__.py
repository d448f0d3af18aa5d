"""Trains small auto-encoders on synthetic data whose true codes are known.

python -m results.synthetic
"""

from collections.abc import Sequence

from results import program
from results.page import Page
from results.run import Record, Run
from results.synthetic.cells import CELLS


class Synthetic(program.Study):
    """What bridges do where the truth is known."""

    name = "synthetic"
    title = "What bridges do where the truth is known"

    def runs(self) -> list[Run]:
        """Returns a run for each cell."""
        return [cell.run for cell in CELLS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return ""

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the figures and tables."""


if __name__ == "__main__":
    program.run(Synthetic())
