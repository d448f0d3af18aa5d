"""Heat maps of the codes' covariance (Figure 6)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from ivaae_tf import charts
from ivaae_tf.reporting import document
from ivaae_tf.reporting.finished_run import FinishedRun
from ivaae_tf.reporting.tabular import csv_file

_INK_ON_ANY_PAGE = "#737b85"  # A contrast above 4 to white and to the ground of a dark page.
_HIGHEST_SHOWN = 2.0  # A run whose codes have run away would leave no contrast to the others.


def covariance(runs: Sequence[FinishedRun]) -> document.Figure | None:
    """Returns the absolute covariances of the codes, or None where no run has left any."""
    found = [run for run in runs if run.covariance is not None]
    if not found:
        return None
    matrices = [np.abs(run.covariance.matrix) for run in found]
    names = [run.name for run in found]
    largest = max((m[np.isfinite(m)].max(initial=0) for m in matrices), default=0)
    top = float(np.clip(largest, 1, _HIGHEST_SHOWN))
    parts = tuple(
        document.Image(
            _heat_maps([name], [matrix], top, paper="none", ink=_INK_ON_ANY_PAGE),
            f"Absolute covariance of the codes of {name}. {summary}",
            summary,
        )
        for name, matrix, summary in zip(names, matrices, map(_summary, found), strict=True)
    )
    data = tuple(
        csv_file(
            f"covariance_{run.slug}.csv",
            [f"z{index}" for index in range(len(run.covariance.matrix))],
            run.covariance.matrix.tolist(),
        )
        for run in found
    )
    caption = (
        "|covariance| of the codes of validation images, on one colour scale for all runs. Codes "
        "that follow the prior have the identity: 1 on the diagonal, 0 beside it, but for the "
        "noise of a finite number of codes."
    )
    together = document.File("covariance.png", _heat_maps(names, matrices, top))
    return document.Figure(together, parts, data, caption)


def _heat_maps(
    names: Sequence[str], matrices: Sequence[np.ndarray], top: float, **colours: str
) -> bytes:
    def paint(figure, all_axes):
        for axes, name, matrix in zip(all_axes, names, matrices, strict=True):
            shown = axes.imshow(matrix, vmin=0, vmax=top, cmap="viridis")
            axes.set_title(charts.short(name))
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(integer=True))
        is_clipped = any((matrix > top).any() for matrix in matrices)
        figure.colorbar(shown, ax=all_axes, extend="max" if is_clipped else "neither")

    return charts.panels(len(matrices), (4.2, 3.5), paint, **colours)


def _summary(run: FinishedRun) -> str:
    matrix = run.covariance.matrix
    variances = np.diagonal(matrix)
    beside = np.abs(matrix[~np.eye(len(matrix), dtype=bool)])
    text = (
        f"{run.covariance.origin[:1].upper()}{run.covariance.origin[1:]}: "
        f"variances {variances.min():.3g} to {variances.max():.3g}"
    )
    if len(beside):
        text += f", |covariances| {beside.mean():.2g} on average, {beside.max():.2g} at most"
    return f"{text}."
