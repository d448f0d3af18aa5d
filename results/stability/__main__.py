"""Trains D alone after the training of small models with d = 16, 32 and 64, on MNIST.

python -m results.stability
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ivaae_tf.plots import charts
from results import program
from results.mnist_runs import PROTOCOL, small_run
from results.page import Page, spread
from results.run import Record, Run

SEEDS = (0, 1, 2)
METHODS = ("aae", "wae_gan", "ivaae_radial", "ivaae_blockwise")
LATENT_DIMS = (16, 32, 64)

_STABILITY = ("stability", "--num_steps=2000", "--measure_every=100")


class Stability(program.Study):
    """How soon a new discriminator wins against a trained encoder."""

    name = "stability"
    title = "Stability of the game after training (Figures 2 and 3)"

    def runs(self) -> list[Run]:
        """Returns the runs, seed by seed."""
        return [
            small_run(method, seed, [f"--latent_dim={d}"], {"latent_dim": d}, then=[_STABILITY])
            for seed in SEEDS
            for d in LATENT_DIMS
            for method in METHODS
        ]

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the paper's two figures, and tables of their last points."""
        page.text(
            PROTOCOL,
            "After training, the encoder is frozen and a new discriminator trains for 2,000 steps. "
            "Its cross-entropy is divided by log(t+1), that of a discriminator that guesses: "
            "near 1 the codes have the prior's distribution, near 0 the discriminator has won. The "
            "second figure is the norm of the encoder's gradient of the latent loss against that "
            "discriminator, without the weight μ₂.",
        )
        groups: dict[tuple[str, int], list[Record]] = defaultdict(list)
        for record in records:
            facts = record.run.facts
            groups[str(facts["method"]), int(facts["latent_dim"])].append(record)
        for name, title in _MEASURED.items():
            _add_figure(page, groups, name, title)
            _add_table(page, groups, name, title)


_MEASURED = {
    "discriminator_cross_entropy": "Cross-entropy of D / log(t+1)",
    "encoder_gradient_norm": "Norm of the encoder's gradient",
}


_HIGHEST = 1.5


def curve(record: Record, name: str) -> tuple[list[int], np.ndarray]:
    """Returns the steps of D alone, and a measured value at each."""
    rows = record.outcome.tables["stability"]
    values = np.array([float(row[name]) for row in rows])
    if name == "discriminator_cross_entropy":
        values /= float(rows[0]["log_num_rungs"])
    return [int(row["step"]) for row in rows], values


def _add_figure(page: Page, groups, name: str, title: str) -> None:
    # A discriminator of WAE-GAN begins with a cross-entropy of 20, and would hide all others.
    highest = _HIGHEST if name == "discriminator_cross_entropy" else np.inf
    panels = []
    for d in LATENT_DIMS:
        lines = []
        for style, method in enumerate(METHODS):
            curves = [curve(record, name) for record in groups[method, d]]
            if curves:
                steps, mean = curves[0][0], np.mean([values for _, values in curves], axis=0)
                points = [pair for pair in zip(steps, mean, strict=True) if pair[1] <= highest]
                lines.append(charts.Line(method, style, *zip(*points, strict=True)))
        if lines:
            panels.append(charts.Chart(f"d = {d}", tuple(lines), is_linear=True))
    if panels:
        page.text(f"## {title}")
        png = charts.draw(panels, "steps of the discriminator alone", title)
        left_out = f" Points above {highest:g} are left out." if np.isfinite(highest) else ""
        page.figure(name, png, f"{title}, mean over seeds.{left_out}")


def _add_table(page: Page, groups, name: str, title: str) -> None:
    rows = []
    for method in METHODS:
        cells = [[curve(each, name)[1][-1] for each in groups[method, d]] for d in LATENT_DIMS]
        rows.append([method, *(spread([float(v) for v in cell], 3) for cell in cells)])
    page.text("After 2,000 steps, mean ± standard deviation over seeds:")
    page.table(["method", *(f"d = {d}" for d in LATENT_DIMS)], rows)


if __name__ == "__main__":
    program.run(Stability())
