"""Heat maps of the codes' covariance (Figure 6)."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ivaae_tf import charts
from ivaae_tf.reporting import document
from ivaae_tf.reporting.finished_run import Covariance, FinishedRun
from ivaae_tf.reporting.tabular import csv_file

_INK_ON_ANY_PAGE = "#737b85"  # A contrast above 4 to white and to the ground of a dark page.
_SIZE = (4.2, 3.5)  # Inches.
_HIGHEST_SHOWN = 2.0  # A run whose codes have run away would leave no contrast to the others.


def covariance(runs: Sequence[FinishedRun]) -> document.Figure | None:
    """Returns the absolute covariances of the codes, or None where no run has left any."""
    found = [(run, run.covariance) for run in runs if run.covariance is not None]
    if not found:
        return None
    matrices = [np.abs(codes.matrix) for _, codes in found]
    names = [run.name for run, _ in found]
    summaries = [_summary(codes) for _, codes in found]
    largest = max((m[np.isfinite(m)].max(initial=0) for m in matrices), default=0)
    top = float(np.clip(largest, 1, _HIGHEST_SHOWN))
    parts = tuple(
        document.Image(
            charts.panels(
                1, _SIZE, _painter([name], [matrix], top), paper="none", ink=_INK_ON_ANY_PAGE
            ),
            f"Absolute covariance of the codes of {name}. {summary}",
            summary,
        )
        for name, matrix, summary in zip(names, matrices, summaries, strict=True)
    )
    data = tuple(
        csv_file(
            f"covariance_{run.slug}.csv",
            [f"z{index}" for index in range(len(codes.matrix))],
            codes.matrix.tolist(),
        )
        for run, codes in found
    )
    caption = (
        "|covariance| of the codes of validation images, on one colour scale for all runs. Codes "
        "that follow the prior have the identity: 1 on the diagonal, 0 beside it, but for the "
        "noise of a finite number of codes."
    )
    together = charts.panels(len(found), _SIZE, _painter(names, matrices, top))
    return document.Figure(document.File("covariance.png", together), parts, data, caption)


def _painter(
    names: Sequence[str], matrices: Sequence[np.ndarray], top: float
) -> Callable[[Figure, list[Axes]], None]:
    """Returns what draws a heat map on each axes, with one colour bar."""

    def paint(figure: Figure, all_axes: list[Axes]) -> None:
        for axes, name, matrix in zip(all_axes, names, matrices, strict=True):
            shown = axes.imshow(matrix, vmin=0, vmax=top, cmap="viridis")
            axes.set_title(charts.short(name))
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(integer=True))
        is_clipped = any((matrix > top).any() for matrix in matrices)
        figure.colorbar(shown, ax=all_axes, extend="max" if is_clipped else "neither")

    return paint


def _summary(codes: Covariance) -> str:
    matrix = codes.matrix
    variances = np.diagonal(matrix)
    beside = np.abs(matrix[~np.eye(len(matrix), dtype=bool)])
    text = (
        f"{codes.origin[:1].upper()}{codes.origin[1:]}: "
        f"variances {variances.min():.3g} to {variances.max():.3g}"
    )
    if len(beside):
        text += f", |covariances| {beside.mean():.2g} on average, {beside.max():.2g} at most"
    return f"{text}."
