"""Trains twelve methods with several weights: reconstruction against regularity, on MNIST.

    python -m results.trade_off
"""

from collections.abc import Sequence

from results import program
from results.mnist_runs import small_run
from results.run import Record, Run

SEEDS = (0, 1, 2)

_BRIDGED = (0.04, 0.12, 0.4, 1.2, 4)
_TWO_CLASSES = (0.1, 0.3, 1, 3, 10)
# Method -> flag of its weight, and its values.
WEIGHTS = {
    "ivaae_radial": ("latent_weight", _BRIDGED),
    "ivaae_blockwise": ("latent_weight", _BRIDGED),
    "ivaae_svgd": ("latent_weight", _BRIDGED),
    "aae": ("latent_weight", _TWO_CLASSES),
    "wae_gan": ("latent_weight", _TWO_CLASSES),
    "wae_mmd": ("latent_weight", (1, 3, 10, 30, 100)),
}
RELATED_WEIGHTS = {
    "vae": ("posterior_weight", (0.04, 0.4, 4)),
    "infovae": ("latent_weight", (1, 10, 100)),
    "two_stage_vae": ("posterior_weight", (0.1, 1, 10)),
    "rae_l2": ("posterior_weight", (0.001, 0.01, 0.1)),
    "rae_gp": ("posterior_weight", (0.001, 0.01, 0.1)),
    "rae_sn": ("posterior_weight", (0.0001, 0.001, 0.01)),
}


class TradeOff(program.Study):
    """Reconstruction against regularity."""

    name = "trade_off"
    title = "Reconstruction against regularity on MNIST"

    def runs(self) -> list[Run]:
        """Returns all methods' runs with one seed, then those with the others."""
        runs = [_run(method, *each, seed=SEEDS[0]) for method, each in _cells(WEIGHTS)]
        runs += [_run(method, *each, seed=SEEDS[0]) for method, each in _cells(RELATED_WEIGHTS)]
        for seed in SEEDS[1:]:
            runs += [_run(method, *each, seed=seed) for method, each in _cells(WEIGHTS)]
        return runs

    def write(self, page, records: Sequence[Record]) -> None:
        """Adds nothing."""


def _cells(table):
    # The middle weights first.
    for index in (2, 1, 3, 0, 4):
        for method, (flag, weights) in table.items():
            if len(weights) == 5:
                yield method, (flag, weights[index])
            elif index < 3:
                yield method, (flag, weights[index])


def _run(method: str, flag: str, weight: float, seed: int) -> Run:
    return small_run(method, seed, {"weight": weight}, f"--{flag}={weight}")


if __name__ == "__main__":
    program.run(TradeOff())
