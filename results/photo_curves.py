"""Figure of FLD on photos, with the controls: over the epochs, and over the weight."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ivaae_tf.plots import charts
from results.cifar10_controls.__main__ import EQUAL_PULLS, groups_of, values_at
from results.collapse.__main__ import EPOCHS, flds
from results.figures import GRAY, style_of
from results.forest_plots import log_axis, panels_png
from results.run import Record

# Variant -> its label, and how far in points the label is above the end of the line.
_LABELS = {
    "wae_gan": ("WAE-GAN", -3),
    "aae": ("AAE", 0),
    "wae_mmd_weight100": ("WAE-MMD, μ₂ = 100", 0),
    "ivaae_blockwise": ("block-wise IVAAE", 4),
    "ivaae_radial": ("radial IVAAE", 0),
    "aae_d4": ("AAE, D × 4", -11),
    "ivaae_radial_d4": ("radial IVAAE, D × 4", -3),
}
_WITH_MARKERS = ("aae_d4", "ivaae_radial_d4")
_SUBS = (1, 1.5, 2, 3, 5)  # ticks, as multiples of the powers of ten


def draw(records: Sequence[Record]) -> bytes:
    """Returns a PNG from the records of the study of controls."""
    groups = groups_of(records)
    return panels_png(
        "CIFAR-10, d = 128: radial bridges end closest to the prior, with each weight",
        [
            ("default weights", lambda axes: _draw_epochs(axes, groups)),
            (f"epoch {EPOCHS}, D × 4, by weight", lambda axes: _draw_weights(axes, groups)),
        ],
        15,
        5.4,
    )


def _draw_epochs(axes: Axes, groups: Mapping[str, Sequence[Record]]) -> None:
    epochs = range(4, EPOCHS + 1, 4)
    for name, (label, offset) in _LABELS.items():
        group, marker = groups[name], "o" if name in _WITH_MARKERS else ""
        color, dash, _ = charts.look(style_of(str(group[0].fact("method"))))
        curves = [flds(record)[1][: len(epochs)] for record in group]
        for values in curves:
            axes.plot(epochs, values, dash, color=color, linewidth=0.6, alpha=0.5)
        mean = np.mean(curves, axis=0)
        axes.plot(epochs, mean, dash, color=color, linewidth=2, marker=marker, markersize=4)
        axes.annotate(
            f"{label}: {mean[-1]:.0f}",
            (EPOCHS, mean[-1]),
            (6, offset),
            textcoords="offset points",
            color=color,
            fontsize=8.5,
        )
    axes.axhline(128, color=GRAY, linestyle=":")
    axes.annotate("128: codes that are all 0", (4, 131), color=GRAY, fontsize=8)
    axes.set_xlim(3, 60)
    axes.set_xticks(epochs)
    log_axis(axes.yaxis, axes.set_yscale, _SUBS)
    axes.set_ylim(10, 150)
    axes.set(
        xlabel="epoch (D × 4: four times the discriminator's learning rate)",
        ylabel="FLD, logarithmic (samples of the prior: 0.24)",
    )


def _draw_weights(axes: Axes, groups: Mapping[str, Sequence[Record]]) -> None:
    methods = (("AAE", EQUAL_PULLS.values(), max, 7), ("radial IVAAE", EQUAL_PULLS, min, -15))
    for label, names, end, offset in methods:
        shown = [name for name in names if name in groups]
        color, dash, _ = charts.look(style_of(str(groups[shown[0]][0].fact("method"))))
        weights, means = [], []
        for name in shown:
            settings = groups[name][0].outcome.settings
            t, weight = settings["num_bridges"], settings["latent_weight"]
            values = values_at(groups[name], "fld", EPOCHS)
            weights.append(weight * (t + 1) / (2 * t))
            means.append(float(np.mean(values)))
            axes.plot([weights[-1]] * len(values), values, "o", color=color, alpha=0.4)
            axes.annotate(
                f"μ₂ = {weight:g}",
                (weights[-1], end(values)),
                (0, offset),
                textcoords="offset points",
                ha="center",
                color=color,
                fontsize=8.5,
            )
        axes.plot(weights, means, dash, color=color, linewidth=2, label=label)
    log_axis(axes.xaxis, axes.set_xscale)
    log_axis(axes.yaxis, axes.set_yscale)
    axes.set_xlim(0.07, 1.5)
    axes.set_ylim(9, 40)
    axes.legend(loc="upper left", frameon=False)
    axes.set_xlabel("AAE's weight; radial: 0.625 × weight, which pulls distant codes as hard")
