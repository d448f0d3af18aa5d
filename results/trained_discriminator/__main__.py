"""Trains the discriminator alone, from its trained weights, on MNIST: Figure 2 as printed.

python -m results.trained_discriminator
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ivaae_tf.plots import charts
from results import program
from results.figures import mean_line
from results.mnist_runs import small_run
from results.page import Page, difference, ratio, spread
from results.run import Record, Run, grouped
from results.stability.__main__ import curve
from results.statistics import Interval

SEEDS = (0, 1, 2)
METHODS = ("aae", "ivaae_blockwise")  # as in the figure
LATENT_DIMS = (16, 32, 64)
_STEPS = 6000
_SHOWN_STEPS = (0, 500, 2000, _STEPS)
_CROSS_ENTROPY, _NORM = "discriminator_cross_entropy", "encoder_gradient_norm"
# Column of the table -> its reading of the figure's caption.
_READINGS = {
    _NORM: "Averaged over all rungs but the last",
    "rung_0_gradient_norm": "Of rung 0 alone, the codes themselves",
}
_STABILITY = (
    "stability",
    "--nofresh_discriminator",
    f"--num_steps={_STEPS}",
    "--measure_every=100",
)

Groups = Mapping[tuple[str, int], Sequence[Record]]  # by method and d


class TrainedDiscriminator(program.Study):
    """The steps that the trained discriminator needs to win against its encoder."""

    name = "trained_discriminator"
    title = "Stability of the game with the trained discriminator (Figure 2)"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [
            small_run(method, seed, [f"--latent_dim={d}"], {"latent_dim": d}, then=[_STABILITY])
            for seed in SEEDS
            for d in LATENT_DIMS
            for method in METHODS
        ]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = grouped(records, "method", "latent_dim")
        texts = [f"{_compared(groups, d)} at d = {d}" for d in LATENT_DIMS]
        return (
            f"after {_STEPS:,} more steps of the trained discriminator, the difference between "
            "block-wise bridges and an AAE in its cross-entropy divided by log(t+1) is "
            f"{', '.join(texts)}. Above 0, it wins less with bridges, as in the paper's figure."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the curves and their values at some steps."""
        page.text(
            "Figure 2 of the paper trains the discriminator alone after the training of the whole "
            "model; by its text, this is the trained discriminator. [Stability](../stability/"
            "README.md) has a new discriminator instead; here the trained one continues for "
            f"{_STEPS:,} steps, as in the paper, against a frozen encoder. Weights are the "
            "defaults, and methods the figure's: an AAE, and block-wise bridges in the paper's "
            "order.",
            "Near 0 the discriminator has won; 1 is chance. Chains of different length do not "
            "compare: [even the best discriminator](../overlap/README.md) of the same codes has a "
            "higher value with bridges.",
        )
        groups = grouped(records, "method", "latent_dim")
        if not groups:
            return
        page.text("## Cross-entropy of D / log(t+1)")
        page.figure("cross_entropy", _figure(groups), "Mean over seeds.")
        _add_table(page, groups, _CROSS_ENTROPY)
        page.text("Block-wise − AAE after the last step, with a 95 % interval by Welch's t-test:")
        page.table([f"d = {d}" for d in LATENT_DIMS], [[_compared(groups, d) for d in LATENT_DIMS]])
        page.text(
            "## Norm of the encoder's gradient (Figure 3)",
            "Of the latent loss without the weight μ₂, which is 0.4 with bridges and 1 without. "
            "The caption can be read in two ways.",
        )
        for name, reading in _READINGS.items():
            page.text(f"{reading}:")
            _add_table(page, groups, name)
        page.text("Block-wise / AAE after the last step, as a ratio of geometric means:")
        page.table(
            ["", *(f"d = {d}" for d in LATENT_DIMS)],
            [
                [reading, *(_norm_ratio(groups, name, d) for d in LATENT_DIMS)]
                for name, reading in _READINGS.items()
            ],
        )
        page.text(
            "*Less stable* in the paper may also mean that the norm fluctuates. Its standard "
            "deviation over the last 2,000 steps, divided by its mean, averaged over the rungs:"
        )
        page.table(
            ["method", *(f"d = {d}" for d in LATENT_DIMS)],
            [
                [
                    method,
                    *(
                        spread(list(map(_fluctuation, groups.get((method, d), ()))), 3)
                        for d in LATENT_DIMS
                    ),
                ]
                for method in METHODS
            ],
        )


def _at(record: Record, name: str, step: int) -> float:
    steps, values = curve(record, name)
    return float(values[steps.index(step)])


def _compared(groups: Groups, d: int) -> str:
    pair = _last(groups, _CROSS_ENTROPY, d)
    return difference(Interval.between(*pair)) if all(pair) else "–"


def _norm_ratio(groups: Groups, name: str, d: int) -> str:
    pair = [np.log(values).tolist() for values in _last(groups, name, d)]
    return ratio(Interval.between(*pair)) if all(pair) else "–"


def _last(groups: Groups, name: str, d: int) -> list[list[float]]:
    """Returns the values of a column after the last step, block-wise and of the AAE."""
    return [
        [_at(record, name, _STEPS) for record in groups.get((method, d), ())]
        for method in reversed(METHODS)
    ]


def _fluctuation(record: Record) -> float:
    steps, values = curve(record, _NORM)
    last = [value for step, value in zip(steps, values, strict=True) if step > _STEPS - 2000]
    return float(np.std(last) / np.mean(last))


def _figure(groups: Groups) -> bytes:
    panels = []
    for d in LATENT_DIMS:
        curves = {
            method: [curve(record, _CROSS_ENTROPY) for record in groups[method, d]]
            for method in METHODS
            if (method, d) in groups
        }
        if curves:
            lines = tuple(mean_line(method, each) for method, each in curves.items())
            title = f"cross-entropy of D / log(t+1), d = {d}"
            panels.append(charts.Chart(title, lines, is_linear=True))
    return charts.draw(panels, "steps of the discriminator alone", share_axes=True)


def _add_table(page: Page, groups: Groups, name: str) -> None:
    """Adds a table of a column at some steps, mean ± standard deviation over seeds."""
    rows = [
        [
            method,
            str(d),
            *(spread([_at(record, name, step) for record in group], 3) for step in _SHOWN_STEPS),
        ]
        for (method, d), group in sorted(groups.items(), key=lambda item: item[0][1])
    ]
    page.table(["method", "d", *(f"step {step:,}" for step in _SHOWN_STEPS)], rows)


if __name__ == "__main__":
    program.run(TrainedDiscriminator())
