"""Curves over epochs: the logged losses, and the figures of other sections."""

import math
from collections.abc import Mapping, Sequence

from ivaae_tf.plots import charts
from ivaae_tf.plots.files import to_csv
from ivaae_tf.reporting.markdown import Figure
from ivaae_tf.runs.finished import FinishedRun

_CHARTS = {
    "reconstruction_loss": "Reconstruction loss, training images",
    "val_reconstruction_loss": "Reconstruction loss, validation images",
    "latent_loss": "Latent loss",
    "generator_loss": "Loss of the generator",
    "image_error": "Mean absolute error of reconstructions, training images",
    "js_estimate": "Estimate of the Jensen-Shannon divergence, nats",
    "encoder_gradient_norm": "Norm of the encoder's gradient",
}


def losses(runs: Sequence[FinishedRun]) -> Figure | None:
    """Returns the curves of the losses, or None if no run has a history."""
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
    data = {"losses.csv": to_csv(("run", "epoch", *columns), rows)}
    return curves("losses.png", drawn, _caption(runs), data)


def _lines(runs: Sequence[FinishedRun], name: str):
    for style, run in enumerate(runs):
        points = [(e, logs[name]) for e, logs in sorted(run.history.items()) if name in logs]
        if points:
            yield charts.Line(run.name, style, *zip(*points, strict=True))


def _caption(runs: Sequence[FinishedRun]) -> str:
    bounds = {
        run.settings.num_bridges if run.settings.method_row.has_chain else 1
        for run in runs
        if any("js_estimate" in logs for logs in run.history.values())
    }
    caption = (
        "Averages over each epoch. The reconstruction loss is 0.05 × the sum of squared errors of "
        "an image in [−1, 1], unless a run has another likelihood. Latent losses of different "
        "methods or different t measure different quantities: compare their trends, not their "
        "sizes."
    )
    limits = " and ".join(
        f"{math.log(t + 1):.3g} at t = {t}" for t in sorted(t for t in bounds if t)
    )
    if limits:
        caption += (
            " The estimate of the Jensen-Shannon divergence of the bridge distributions is "
            "log(t+1) minus the discriminator's cross-entropy, a lower bound apart from noise. It "
            f"is 0 if the discriminator cannot distinguish them, and {limits} if it always can."
        )
    return caption


def curves(
    name: str, drawn: Sequence[charts.Chart], caption: str, data: Mapping[str, bytes]
) -> Figure:
    """Returns a figure of at least one chart over epochs; see `Figure` for the other arguments."""
    return Figure(
        name, charts.draw(drawn, "epoch"), " ".join(map(_description, drawn)), caption, data
    )


def _description(chart: charts.Chart) -> str:
    ends = (
        f"{line.label} ends at {line.y[-1]:.3g} after epoch {line.x[-1]:g}" for line in chart.lines
    )
    return f"{chart.title} over epochs: {'; '.join(ends)}."
