"""Trains small models with higher learning rates than the paper's, on MNIST.

python -m results.rates
"""

from collections import defaultdict
from collections.abc import Sequence

from results import program
from results.full_size.__main__ import WEIGHTS
from results.mnist_runs import PROTOCOL, SCORES, small_run
from results.page import SCORE_TITLES, Page, score_cells
from results.run import Record, Run
from results.trade_off.__main__ import weight_flag

SEEDS = (0, 1, 2)
METHODS = ("ivaae_radial", "ivaae_blockwise", "ivaae_svgd", "aae", "wae_gan", "wae_mmd")

_TEN_TIMES = ("--learning_rate_encoder=5e-4", "--learning_rate_decoder=1e-3")
# Name -> its flags, and what it is.
_RATES = {
    "d_ten_times": (
        (*_TEN_TIMES, "--learning_rate_discriminator=1e-3"),
        "E, G and D ten times",
    ),
    "d_twice": (
        (*_TEN_TIMES, "--learning_rate_discriminator=2e-4"),
        "E and G ten times, D twice",
    ),
}


class Rates(program.Study):
    """What ten times the paper's learning rates do in a sixteenth of its epochs."""

    name = "rates"
    title = "Learning rates of short trainings on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [
            _run(method, rates, seed) for seed in SEEDS for method in METHODS for rates in _RATES
        ]

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table of all methods and rates."""
        page.text(
            PROTOCOL,
            SCORES,
            "The paper trains for 300 epochs with rates of 5e-5 (E), 1e-4 (G) and 1e-4 (D). Here "
            "are multiples of these, each method with its best weight of "
            "[the trade-off](../trade_off/README.md), which has the paper's rates. Mean ± standard "
            "deviation over seeds.",
        )
        groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for record in records:
            groups[str(record.fact("method")), str(record.fact("rates"))].append(record)
        rows = [
            [method, f"{WEIGHTS[method]:g}", _RATES[rates][1], *score_cells(group)]
            for (method, rates), group in groups.items()
        ]
        page.table(["method", "weight", "rates", *SCORE_TITLES], rows)


def _run(method: str, rates: str, seed: int) -> Run:
    weight = f"--{weight_flag(method)}={WEIGHTS[method]:g}"
    flags = (*_RATES[rates][0], weight)
    return small_run(method, seed, flags, {"rates": rates})


if __name__ == "__main__":
    program.run(Rates())
