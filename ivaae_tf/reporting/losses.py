"""What training logged, over epochs."""

import math
from collections.abc import Sequence

from ivaae_tf import charts
from ivaae_tf.reporting.curves import curves
from ivaae_tf.reporting.document import Figure
from ivaae_tf.reporting.finished_run import FinishedRun
from ivaae_tf.reporting.tabular import csv_file

_CHARTS = {
    "reconstruction_loss": "Reconstruction loss, training images",
    "val_reconstruction_loss": "Reconstruction loss, validation images",
    "latent_loss": "Latent loss",
    "js_estimate": "Estimate of the Jensen-Shannon divergence, nats",
    "encoder_gradient_norm": "Norm of the encoder's gradient",
}


def losses(runs: Sequence[FinishedRun]) -> Figure | None:
    """Returns the curves of the losses, or None where no run has a history."""
    logged = {name for run in runs for logs in run.history.values() for name in logs}
    if not logged:
        return None
    drawn = [
        # The estimate's noise goes below 0.
        charts.Chart(title, tuple(_lines(runs, name)), is_linear=name == "js_estimate")
        for name, title in _CHARTS.items()
        if name in logged
    ]
    columns = sorted(logged)
    rows = (
        (run.name, epoch, *(run.history[epoch].get(name) for name in columns))
        for run in runs
        for epoch in sorted(run.history)
    )
    data = csv_file("losses.csv", ("run", "epoch", *columns), rows)
    return curves("losses.png", drawn, [data], _caption(runs))


def _lines(runs: Sequence[FinishedRun], name: str):
    for style, run in enumerate(runs):
        points = [(e, logs[name]) for e, logs in sorted(run.history.items()) if name in logs]
        if points:
            yield charts.Line(run.name, style, *zip(*points, strict=True))


def _caption(runs: Sequence[FinishedRun]) -> str:
    bounds = {
        run.settings.get("num_bridges")
        for run in runs
        if any("js_estimate" in logs for logs in run.history.values())
    }
    caption = (
        "Averages over each epoch. Reconstruction loss is 0.05 × the sum of squared errors of an "
        "image in [−1, 1]. Latent losses of different methods, or of another t, measure "
        "different things: compare their course, not their height."
    )
    limits = " and ".join(
        f"{math.log(t + 1):.3g} at t = {t}" for t in sorted(t for t in bounds if t)
    )
    if limits:
        caption += (
            " The estimate of the Jensen-Shannon divergence of the bridge distributions is "
            "log(t+1) minus the discriminator's cross-entropy, but for noise a lower bound: 0 "
            f"where the discriminator cannot tell them apart, and {limits} where it always can."
        )
    return caption
