"""Trains D alone after the training of small models with d = 16, 32 and 64, on MNIST.

python -m results.stability
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ivaae_tf.plots import charts
from results import program
from results.figures import mean_line
from results.mnist_runs import small_run
from results.page import Page, spread
from results.run import Record, Run, grouped

SEEDS = (0, 1, 2)
METHODS = ("aae", "wae_gan", "ivaae_radial", "ivaae_blockwise")
LATENT_DIMS = (16, 32, 64)

_STABILITY = ("stability", "--num_steps=2000", "--measure_every=100")
_STUDIES = (_STABILITY, (*_STABILITY, "--two_classes"))
PAPERS, TWO_CLASSES = "stability", "stability_two_classes"  # names of tables


class Stability(program.Study):
    """The steps that a new discriminator needs to win against a trained encoder."""

    name = "stability"
    title = "Stability of the game after training (Figures 2 and 3)"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [
            small_run(method, seed, [f"--latent_dim={d}"], {"latent_dim": d}, then=_STUDIES)
            for seed in SEEDS
            for d in LATENT_DIMS
            for method in METHODS
        ]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return (
            "retrained on frozen codes, a discriminator of the rungs wins less with bridges than "
            "with an AAE, as in Figure 2, which also follows from [the overlap of the rungs]"
            "(../overlap/README.md). A two-class discriminator, the same for all methods, does not "
            "confirm it: its cross-entropy is lower with bridges at d = 16, higher at d = 32, and "
            "near 0 for all methods at d = 64."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the paper's two figures, and tables of their last points."""
        page.text(
            "Weights are the defaults: μ₂ = 1 for AAE and WAE-GAN, 0.4 for the bridges.",
            "After training, the encoder is frozen and a new discriminator trains for 2,000 steps "
            "(the paper: 6,000 steps, and by its text of the trained discriminator). Figures 2 and "
            "3 show an AAE and block-wise bridges; radial bridges and WAE-GAN are ours.",
            "The first figure has the cross-entropy of a discriminator of all rungs, divided by "
            "log(t+1), its value by chance: near 0 the discriminator has won. Chains of different "
            "length do not compare: [even the best discriminator](../overlap/README.md) of the "
            "same codes has a higher value with bridges. The second figure therefore has the same "
            "codes with a discriminator of two outputs, codes or prior, for all methods (`ivaae "
            "stability --two_classes`). The third is the norm of the encoder's gradient of the "
            "latent loss against its own discriminator, without the weight μ₂, averaged over all "
            "rungs but the last; the paper's caption can also mean rung 0 alone.",
        )
        groups = grouped(records, "method", "latent_dim")
        for measured in _MEASURED:
            _add_figure(page, groups, measured)
            _add_table(page, groups, measured)
        _add_scores(page, groups)


class Measured(NamedTuple):
    """A quantity that a command has measured while D was trained alone."""

    title: str
    figure: str
    column: str
    table: str
    is_linear: bool = True


_CROSS_ENTROPY, _NORM = "discriminator_cross_entropy", "encoder_gradient_norm"
_MEASURED = (
    Measured("Cross-entropy of D / log(t+1)", _CROSS_ENTROPY, _CROSS_ENTROPY, PAPERS),
    Measured(
        "Cross-entropy of D of two outputs / log 2",
        TWO_CLASSES,
        _CROSS_ENTROPY,
        TWO_CLASSES,
        is_linear=False,
    ),
    Measured("Norm of the encoder's gradient", _NORM, _NORM, PAPERS),
)


_HIGHEST = 1.5


def curve(record: Record, name: str, table: str = PAPERS) -> tuple[list[int], list[float]]:
    """Returns the steps of D alone, and a measured value at each."""
    rows = record.outcome.tables[table]
    values = np.array([float(row[name]) for row in rows])
    if name == _CROSS_ENTROPY:
        values /= float(rows[0]["log_num_rungs"])
    return [int(row["step"]) for row in rows], values.tolist()


def _add_figure(page: Page, groups, measured: Measured) -> None:
    # A discriminator of WAE-GAN begins with a cross-entropy of 20, and would hide all others.
    highest = _HIGHEST if measured.column == _CROSS_ENTROPY else np.inf
    panels = []
    for d in LATENT_DIMS:
        lines = []
        for method in METHODS:
            curves = [curve(each, measured.column, measured.table) for each in groups[method, d]]
            if curves:
                lines.append(mean_line(method, curves, (-np.inf, highest)))
        if lines:
            panels.append(charts.Chart(f"d = {d}", tuple(lines), is_linear=measured.is_linear))
    if panels:
        page.text(f"## {measured.title}")
        share_axes = measured.column == _CROSS_ENTROPY
        x_label = "steps of the discriminator alone"
        png = charts.draw(panels, x_label, measured.title, share_axes=share_axes)
        left_out = f" Points above {highest:g} are left out." if np.isfinite(highest) else ""
        page.figure(measured.figure, png, f"{measured.title}, mean over seeds.{left_out}")


def _add_table(page: Page, groups, measured: Measured) -> None:
    def last(record: Record) -> float:
        return float(curve(record, measured.column, measured.table)[1][-1])

    page.text("After 2,000 steps, mean ± standard deviation over seeds:")
    _add_cells(page, groups, last)


def _add_scores(page: Page, groups) -> None:
    page.text(
        "## Reconstructions and codes",
        "FLD of 60,000 codes, for which codes that are all 0 would have d:",
    )
    _add_cells(page, groups, lambda record: record.score("fld").value)
    page.text("SSE of the test split:")
    _add_cells(page, groups, lambda record: record.score("reconstruction_sse").value)


def _add_cells(page: Page, groups, value: Callable[[Record], float]) -> None:
    """Adds a table of a value of each method and d, mean ± standard deviation over seeds."""
    rows = [
        [method, *(spread(list(map(value, groups[method, d])), 3) for d in LATENT_DIMS)]
        for method in METHODS
    ]
    page.table(["method", *(f"d = {d}" for d in LATENT_DIMS)], rows)


if __name__ == "__main__":
    program.run(Stability())
