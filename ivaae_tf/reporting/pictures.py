"""Samples, reconstructions and covariances of the codes of several runs, side by side."""

from collections.abc import Sequence

import numpy as np

from ivaae_tf.plots import charts, heat_maps
from ivaae_tf.plots.files import to_csv
from ivaae_tf.reporting.markdown import Block, Figure, escape, table
from ivaae_tf.runs.covariance import Covariance
from ivaae_tf.runs.finished import FinishedRun

_CAPTIONS = {
    "samples": "Images decoded from codes of the prior, or of a Gaussian that is fitted to the "
    "codes if the method has another sampler, after the last epoch with pictures; they are not "
    "selected. Runs with the same seed, sampler and latent dimension decode the same codes.",
    "reconstructions": "The first validation images; each row has its reconstructions in the row "
    "below it.",
    "codes": "Codes of held-out images, colored by class, and the components of the prior, which "
    "belong to the classes, at two standard deviations.",
    "nearest": "Each new image is left of the training image that is nearest to it, by the "
    "features of the scores or by the pixels. The pairs with the smallest distance come first.",
}


def side_by_side(runs: Sequence[FinishedRun], kind: str, title: str) -> Figure | None:
    """Returns the newest pictures of each run, or None if there are none.

    Args:
        runs: The runs.
        kind: "samples", "reconstructions", "codes", or "nearest" for new images with their nearest
            training images.
        title: The kind in words.
    """
    found = {run: picture for run in runs if (picture := getattr(run, kind)) is not None}
    if not found:
        return None
    names = [run.name for run in found]
    return Figure(
        f"{kind}_side_by_side.png",
        charts.side_by_side(names, list(found.values())),
        f"{title} of {', '.join(names)}",
        _CAPTIONS[kind],
        {f"{kind}_{run.slug}.png": picture for run, picture in found.items()},
    )


def covariances(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns the codes' absolute covariances (Figure 6) and their ranges, if a run has them."""
    found = {
        run: run.covariance
        for run in runs
        # Earlier versions wrote nan for a single code.
        if run.covariance is not None and np.isfinite(run.covariance.matrix).all()
    }
    if not found:
        return []
    names = [run.name for run in found]
    figure = Figure(
        "covariance.png",
        heat_maps.draw([np.abs(codes.matrix) for codes in found.values()], names),
        f"Absolute covariance of the codes of {', '.join(names)}",
        "|covariance| of the codes of validation images, on one color scale for all runs. For "
        "codes that follow the prior it is the identity (1 on the diagonal, 0 elsewhere), apart "
        "from the noise of a finite number of codes.",
        {f"covariance_{run.slug}.csv": _csv(codes.matrix) for run, codes in found.items()},
    )
    rows = [(escape(run.name), escape(_summary(codes))) for run, codes in found.items()]
    return [figure, table(("Run", "Covariance"), rows)]


def _csv(matrix: np.ndarray) -> bytes:
    return to_csv([f"z{index}" for index in range(len(matrix))], matrix.tolist())


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
