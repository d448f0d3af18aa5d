"""Computes what bridges do to the best discriminator of Gaussian codes.

python -m results.overlap
"""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ivaae_tf.plots import charts
from results import program
from results.overlap.gaussian_chains import (
    Chain,
    Rungs,
    best_cross_entropy,
    blockwise,
    mean_pull,
    radial,
    spread_pull,
)
from results.page import Page, number
from results.run import Record, Run

# Name -> chain of codes of some dimension.
CHAINS: dict[str, Callable[[int], Chain]] = {
    "AAE": lambda d: blockwise(1, d),
    "block-wise, t = 4": lambda d: blockwise(4, d),
    "block-wise, t = 16": lambda d: blockwise(16, d),
    "radial, t = 4": lambda d: radial(4, d),
    "radial, t = 8": lambda d: radial(8, d),
    "radial, t = 16": lambda d: radial(16, d),
}
# Dimension, norm of the mean, and standard deviation of codes.
_CODES = (
    (16, 4.0, 1.0),
    (16, 16.0, 1.0),
    (128, 128**0.5, 1.0),
    (128, 4 * 128**0.5, 1.0),
    (128, 0.0, 0.8),
    (64, 0.0, 0.5),
    (64, 0.0, 0.2),
    (64, 0.0, 0.01),
)


class Overlap(program.Study):
    """The effect of bridges on the best discriminator."""

    name = "overlap"
    title = "The effect of bridges on the best discriminator"

    def runs(self) -> list[Run]:
        """Returns no runs: nothing is trained."""
        return []

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return (
            "the paper's sentence that bridges give distributions greater chances to intersect "
            "holds for radial bridges, whose rungs 1 to t overlap for all codes, and more with "
            "each bridge. Block-wise bridges help at moderate distances, but not if codes are "
            "narrow or far away: then even neighboring rungs hardly overlap."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the tables, the figure and what follows for narrow codes."""
        page.text(
            "Nothing is trained here. Codes follow N(μ, σ² I), with a mean of equal coordinates. "
            "All rungs are then Gaussian, and the best discriminator is known (Theorem 2): "
            "D_k(x) = p_k(x) / Σ_j p_j(x). Its cross-entropy is log(t+1) minus the "
            "Jensen-Shannon divergence of the rungs. Divided by log(t+1), it is 1 if the codes "
            "follow the prior, and 0 if the discriminator recognizes every rung. A trained "
            "discriminator is never better.",
            "## Cross-entropy of the best discriminator / log(t+1)",
        )
        rows, worst = [], 0.0
        for d, distance, scale in _CODES:
            name = f"N(μ, I), ‖μ‖ = {distance:.3g}" if distance else f"N(0, {scale:g}² I)"
            rungs = [Rungs(chain(d), distance / d**0.5, scale) for chain in CHAINS.values()]
            found = [best_cross_entropy(each, 10_000) for each in rungs]
            rows.append([name, str(d), *(_rounded(value) for value, _ in found)])
            worst = max(worst, *(error for _, error in found))
        page.table(["codes", "d", *CHAINS], rows)
        page.text(
            "By Monte Carlo with 10,000 codes of each rung and a fixed seed; the standard errors "
            f"are at most {number(worst, 1)}.",
        )
        page.figure(
            "cross_entropy",
            _figure(),
            "Over the distance of the codes from the prior (left), and over their width (right).",
        )
        page.text(
            "## Steps between neighboring rungs",
            "If codes are shifted from the prior by Δ, equally in all coordinates, the means of "
            "neighboring block-wise rungs are Δ/√t apart, and the means of neighboring radial "
            "rungs Δ (cos(kπ/2t) − cos((k+1)π/2t)), at most πΔ/2t. The largest steps in units of "
            "Δ:",
        )
        page.table(
            ["", *(f"t = {t}" for t in _NUM_BRIDGES)],
            [
                [
                    "block-wise, 1/√t",
                    *(number(_largest_step(blockwise(t, 16))) for t in _NUM_BRIDGES),
                ],
                ["radial", *(number(_largest_step(radial(t, 16))) for t in _NUM_BRIDGES)],
                ["radial, bound π/2t", *(number(np.pi / (2 * t)) for t in _NUM_BRIDGES)],
            ],
        )
        page.text(
            "With t of about Δ, the best discriminator of a radial chain has about half the "
            "cross-entropy of a guess, or more, up to a Δ of 16; at 64 it is a third.",
            "## Disjoint supports",
            "If all codes are one point (σ → 0), block-wise rung k has noise in the first k "
            "blocks and the point's coordinates in the others. Any two rungs then have disjoint "
            "supports (up to a set of probability 0), so the best discriminator recognizes every "
            "rung, at every t, as it recognizes the codes of an AAE. Radial rungs 1 to t have a "
            "positive density everywhere, so no discriminator recognizes all of them; only rung "
            "0, the point itself, is always recognized.",
            "## The encoder's gradient",
            "Overlap is not what an encoder needs, if the discriminator is the best one: with "
            "the non-saturating loss −log D_t(T_k(z)), the codes N(μ, I) of an AAE are pulled by "
            "nearly μ if they are far away. What bridges change is how hard the "
            "discriminator's task is. The mean gradient in a coordinate, with d = 8 and t = 4, by "
            "block:",
        )
        page.table(
            ["codes", *(name for name, _ in _PULLED)], [_pull_row(mean) for mean in (3.0, 0.5)]
        )
        page.text(
            "Block b of t is part of only b of the t rungs that the encoder's loss averages. So "
            "far from the prior, the first block is pulled 1/t as strongly as the last one, and "
            "near the prior even less. All radial coordinates are pulled equally.",
            "**At which weight does an AAE pull as hard?** The mean of codes far from the prior is "
            "pulled by four radial bridges (t + 1)/2t = 0.625 times as hard as by an AAE with the "
            "same weight. Near the prior the ratio is higher, and narrow codes are pulled apart "
            "less than half as hard. Radial / AAE, t = 4, d = 128, for the mean of codes "
            "N(μ, I), and for the spread of codes N(0, σ² I):",
        )
        of_mean = [number(_pull_ratio(mean_pull, x / 128**0.5, 1.0)) for x in _DISTANCES]
        of_spread = [number(_pull_ratio(spread_pull, 0.0, scale)) for scale in _SCALES]
        page.table([f"‖μ‖ = {x:g}" for x in _DISTANCES], [of_mean])
        page.table([f"σ = {scale:g}" for scale in _SCALES], [of_spread])


_NUM_BRIDGES = (4, 8, 16)
_DISTANCES, _SCALES = (0.5, 1, 2, 4, 8, 32), (0.1, 0.3, 0.5, 0.8, 0.9)
_PULLED = (
    ("block-wise", blockwise(4, 8)),
    ("radial", radial(4, 8)),
    ("AAE", blockwise(1, 8)),
)


def _pull_row(mean: float) -> list[str]:
    pulls = [mean_pull(Rungs(chain, mean, 1.0), 40_000) for _, chain in _PULLED]
    cells = [", ".join(number(value) for value in pull) for pull in pulls]
    return [f"N({mean:g}, 1) in each coordinate", *cells]


def _pull_ratio(pull: Callable[[Rungs, int], np.ndarray], mean: float, scale: float) -> float:
    """Returns a pull of four radial bridges, divided by an AAE's with the same weight."""
    of_radial, of_aae = (
        float(pull(Rungs(chain, mean, scale), 100_000)[0])
        for chain in (radial(4, 128), blockwise(1, 128))
    )
    return of_radial / of_aae


def _largest_step(chain: Chain) -> float:
    """Returns the largest distance of the means of neighboring rungs, for codes at distance 1."""
    steps = np.diff(chain.of_code, axis=0) / chain.of_code.shape[1] ** 0.5
    return float(np.linalg.norm(steps, axis=1).max())


def _rounded(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else f"{value:.4f}" if value >= 0.00005 else "0"


def _figure() -> bytes:
    distances = np.geomspace(1, 64, 13)
    scales = np.geomspace(0.01, 1, 17)

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        shift, width = all_axes
        for index, (name, chain) in enumerate(CHAINS.items()):
            color, _, marker = charts.look(index)
            dash = "-" if name.startswith("radial") else "--"
            of_shift = [
                best_cross_entropy(Rungs(chain(16), x / 4, 1.0), 1000)[0] for x in distances
            ]
            of_width = [best_cross_entropy(Rungs(chain(64), 0.0, x), 1000)[0] for x in scales]
            dash += marker
            shift.plot(distances, of_shift, dash, label=name, color=color, markersize=3)
            width.plot(scales, of_width, dash, color=color, markersize=3)
        shift.set(xlabel="‖μ‖, in standard deviations of the prior", title="N(μ, I), d = 16")
        width.set(xlabel="standard deviation σ of the codes", title="N(0, σ² I), d = 64")
        shift.set_ylabel("cross-entropy of the best D / log(t+1)", fontsize=8.5)
        for axes in all_axes:
            axes.set(xscale="log", ylim=(-0.03, 1.03))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.grid(alpha=0.4, linewidth=0.5)
        shift.set_xticks([1, 2, 4, 8, 16, 32, 64])
        shift.minorticks_off()
        picture.suptitle(
            "Radial rungs overlap even if codes are narrow; block-wise rungs do not", fontsize=11.5
        )
        picture.legend(loc="outside lower center", ncols=6, frameon=False, fontsize=8)

    return charts.panels(2, (4.4, 3.3), draw, extra_height=0.6)


if __name__ == "__main__":
    program.run(Overlap())
