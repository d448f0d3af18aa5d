"""Cells of the synthetic benchmark: all seeds of a method under some conditions."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from ivaae_tf.metrics.score import Score
from results.run import Command, Facts, Outcome, Run

NUM_SEEDS = 20
NUM_STEPS = 1200
NUM_POINTS = 4096  # fixed points of the scores

_CELL = "results.synthetic.cell"

# Method -> its name on the page, with the number of bridges.
_TITLES = {
    "aae": "AAE",
    "radial": "radial {t}",
    "blockwise": "block-wise {t}",
    "blockwise_random": "block-wise {t}, random order",
    "wae_mmd": "WAE-MMD",
    "prior_samples": "AAE, 4 prior samples a code",
    "gradient_penalty": "AAE, gradient penalty",
    "spectral_norm": "AAE, spectral norm",
    "radial_spectral_norm": "radial {t}, spectral norm",
    "instance_noise": "AAE, instance noise",
    "blurred": "AAE, blurred codes",
}


@dataclasses.dataclass(frozen=True)
class CellRun(Run):
    """A run that trains all seeds of a cell."""

    def arguments(self, command: Command, folder: Path) -> list[str]:
        """Returns the command with its output."""
        return [*command, f"--out={folder / 'cell.json'}"]

    def outcome(self, folder: Path) -> Outcome:
        """Returns the history and the table of seeds, and means over the seeds as scores."""
        content = json.loads((folder / "cell.json").read_text("utf-8"))
        seeds = content["seeds"]
        conditions = {"num_seeds": len(seeds)}

        def values(name: str) -> np.ndarray:
            return np.array([float(seed[name]) for seed in seeds])

        scores = (
            Score("fld", np.exp(np.log(values("fld")).mean()), False, None, conditions),
            Score("reconstruction_sse", values("sse").mean(), False, None, conditions),
        )
        return Outcome(
            settings=content["settings"],
            scores=scores,
            history=content["history"],
            conditions=content["conditions"],
            tables={"seeds": seeds},
        )


@dataclasses.dataclass(frozen=True)
class Conditions:
    """Conditions that methods are compared under.

    Attributes:
        d: Dimension of the codes.
        data_dim: d*, dimension of the true codes.
        distance: Δ, norm of the mean of the first codes.
        speed: Factor of D's learning rate.
    """

    d: int = 64
    data_dim: int = 16
    distance: int = 4
    speed: int = 10

    @property
    def name(self) -> str:
        """The conditions in a file name."""
        return f"d{self.d}_of{self.data_dim}_distance{self.distance}_speed{self.speed}"


@dataclasses.dataclass(frozen=True)
class Cell:
    """A method with its settings, under some conditions.

    Attributes:
        conditions: The conditions.
        method: Name of the method, in `methods.METHODS`.
        t: Number of bridges.
        weight: μ₂.
    """

    conditions: Conditions
    method: str = "aae"
    t: int = 1
    weight: float = 4

    @property
    def run(self) -> Run:
        """The run of all seeds."""
        facts: Facts = {
            "method": self.method,
            "t": self.t,
            "weight": self.weight,
            **dataclasses.asdict(self.conditions),
        }
        command = (_CELL, *(f"--{name}={value}" for name, value in facts.items()))
        name = f"{self.conditions.name}_{self.method}{self.t}_weight{self.weight:g}"
        return CellRun(name, facts, ((*command, f"--num_seeds={NUM_SEEDS}"),))


def title(facts: Facts) -> str:
    """Returns the name of a cell's method, with its weight if it is not 4."""
    name = _TITLES[str(facts["method"])].format(t=facts["t"])
    return name if facts["weight"] == 4 else f"{name}, μ₂ = {facts['weight']:g}"


def equal_pull(t: int, weight: float = 4) -> float:
    """Returns the weight at which an AAE pulls a code as hard as t radial bridges.

    A code is in rung k with the factor cos(kπ/2t), and so is the gradient that it gets back. The
    pull on the mean of codes is the mean of cos² over k < t, which is (t+1) / 2t.
    """
    return weight * (t + 1) / (2 * t)


def _cells(conditions: Conditions, *methods: tuple) -> list[Cell]:
    return [Cell(conditions, *method) for method in methods]


UNFILLED = Conditions()
FILLED = Conditions(d=16, distance=10)
SLOWER = tuple(dataclasses.replace(UNFILLED, speed=speed) for speed in (1, 3))
WIDER = Conditions(d=128)

_AAE, _RADIAL, _BLOCKWISE = ("aae",), ("radial", 4), ("blockwise", 4)

# The most needed first.
CELLS = (
    *_cells(UNFILLED, _AAE, _RADIAL, ("radial", 8), _BLOCKWISE, ("blockwise_random", 4)),
    *_cells(UNFILLED, *(("wae_mmd", 1, weight) for weight in (10, 100, 1000))),
    *_cells(UNFILLED, ("aae", 1, equal_pull(4))),
    *_cells(UNFILLED, ("gradient_penalty",), ("spectral_norm",), ("instance_noise",)),
    *_cells(UNFILLED, ("prior_samples",)),
    *_cells(FILLED, _AAE, _RADIAL, _BLOCKWISE, ("blockwise_random", 4)),
    *_cells(UNFILLED, ("radial_spectral_norm", 4)),
    *(cell for slower in SLOWER for cell in _cells(slower, _AAE, _RADIAL)),
    *_cells(WIDER, _AAE, _RADIAL, ("radial", 8)),
)
