"""Figure of FLD over the epochs on photos, with the controls."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ivaae_tf.plots import charts
from results.cifar10_controls.__main__ import groups_of
from results.collapse.__main__ import EPOCHS, flds
from results.figures import GRAY, style_of
from results.forest_plots import log_axis, panels_png
from results.run import Record

# Variant -> its label, and how far in points the label is above the end of the line.
_LABELS = {
    "wae_gan": ("WAE-GAN", -3),
    "aae": ("AAE", 0),
    "wae_mmd_weight100": ("WAE-MMD, μ₂ = 100", -3),
    "ivaae_blockwise": ("block-wise IVAAE", 5),
    "ivaae_radial": ("radial IVAAE", -2),
    "aae_d4": ("AAE, D × 4", -9),
    "aae_weight0.25_d4": ("AAE, D × 4, μ₂ = 0.25", 0),
    "ivaae_radial_d4": ("radial IVAAE, D × 4", -3),
}
_MARKERS = {"aae_d4": "o", "ivaae_radial_d4": "o", "aae_weight0.25_d4": "s"}


def draw(records: Sequence[Record]) -> bytes:
    """Returns a PNG from the records of the study of controls."""
    groups = groups_of(records)

    def draw_panel(axes: Axes) -> None:
        epochs = range(4, EPOCHS + 1, 4)
        for name, (label, offset) in _LABELS.items():
            group, marker = groups[name], _MARKERS.get(name, "")
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
        axes.set_xlim(3, 57)
        axes.set_xticks(epochs)
        log_axis(axes.yaxis, axes.set_yscale, (1, 1.5, 2, 3, 5))
        axes.set_ylim(12, 150)
        axes.set(xlabel="epoch", ylabel="FLD, logarithmic (samples of the prior: 0.24)")

    title = (
        "CIFAR-10, d = 128: radial bridges end closest to the prior;\n"
        "a faster discriminator and a lower weight bring an AAE closer to them"
    )
    panel = "thick: mean of the seeds; D × 4: four times the discriminator's learning rate"
    return panels_png(title, [(panel, draw_panel)], 15, 6.6)
