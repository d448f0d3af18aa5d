"""Samples and reconstructions of several runs, side by side."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ivaae_tf import charts
from ivaae_tf.reporting import document
from ivaae_tf.reporting.finished_run import FinishedRun


def samples(runs: Sequence[FinishedRun]) -> document.Figure | None:
    """Returns the newest samples of each run, or None where there are none."""
    return _side_by_side(
        runs,
        "samples",
        "Samples",
        "Images decoded from the prior N(0, I), after the last epoch of which pictures were taken; "
        "not chosen. Runs of one seed and one latent dimension decode the same codes.",
    )


def reconstructions(runs: Sequence[FinishedRun]) -> document.Figure | None:
    """Returns the newest reconstructions of each run, or None where there are none."""
    return _side_by_side(
        runs,
        "reconstructions",
        "Reconstructions",
        "The first validation images; below each row of images stand their reconstructions.",
    )


def _side_by_side(
    runs: Sequence[FinishedRun], kind: str, title: str, caption: str
) -> document.Figure | None:
    found = {run: picture for run in runs if (picture := getattr(run, kind)) is not None}
    if not found:
        return None
    parts = tuple(
        document.Image(picture, f"{title} of {run.name}", run.name)
        for run, picture in found.items()
    )
    data = tuple(document.File(f"{kind}_{run.slug}.png", picture) for run, picture in found.items())
    together = _together([run.name for run in found], list(found.values()))
    return document.Figure(
        document.File(f"{kind}_side_by_side.png", together), parts, data, caption
    )


def _together(names: Sequence[str], pictures: Sequence[bytes]) -> bytes:
    def paint(figure, all_axes):
        del figure
        for axes, name, picture in zip(all_axes, names, pictures, strict=True):
            axes.imshow(np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")))
            axes.set_title(charts.short(name))
            axes.set_axis_off()

    return charts.panels(len(pictures), (4, 4.2), paint)
