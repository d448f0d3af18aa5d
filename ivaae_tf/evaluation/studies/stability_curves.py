"""Writes the output of a stability study: a table, and Figures 2 and 3 of the paper."""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from ivaae_tf.evaluation.studies.discriminator_study import Measurement
from ivaae_tf.plots import charts, files


@dataclasses.dataclass(frozen=True)
class StudiedRun:
    """A run's measurements, and its properties in the figures.

    Attributes:
        name: Unique name of the run.
        method: Method of its training.
        num_bridges: t.
        latent_dim: d.
        measurements: Measurements in the order of their steps.
    """

    name: str
    method: str
    num_bridges: int
    latent_dim: int
    measurements: Sequence[Measurement]

    @property
    def log_num_rungs(self) -> float:
        """log(t+1), the cross-entropy of a discriminator with uniform output."""
        return math.log(self.num_bridges + 1)


def write(folder: Path, runs: Sequence[StudiedRun]) -> list[Path]:
    """Writes the table and figures of all runs, and returns their paths."""
    table = folder / "stability.csv"
    loss_figure = folder / "discriminator_loss.png"
    gradient_figure = folder / "encoder_gradient_norm.png"
    rows = [row for run in runs for row in _rows(run)]
    files.save(table, files.to_csv(tuple(rows[0]), [tuple(row.values()) for row in rows]))
    x_label = "steps of the discriminator alone"
    losses = charts_of(runs, "discriminator_cross_entropy", with_level=True)
    y_label = "discriminator's cross-entropy (nats)"
    files.save(loss_figure, charts.draw(losses, x_label, y_label, share_axes=True))
    norms = charts_of(runs, "encoder_gradient_norm")
    y_label = "norm of the encoder's gradient"
    files.save(gradient_figure, charts.draw(norms, x_label, y_label, share_axes=True))
    return [table, loss_figure, gradient_figure]


def _rows(run: StudiedRun) -> list[dict]:
    about = {
        "run": run.name,
        "method": run.method,
        "num_bridges": run.num_bridges,
        "latent_dim": run.latent_dim,
        "log_num_rungs": run.log_num_rungs,
    }
    return [{**about, **dataclasses.asdict(measurement)} for measurement in run.measurements]


def charts_of(
    runs: Sequence[StudiedRun], value: str, with_level: bool = False
) -> list[charts.Chart]:
    """Returns a chart for each method and t.

    Args:
        runs: Runs to draw.
        value: Field of the measurements to draw over their steps.
        with_level: Whether log(t+1) is drawn too.
    """
    groups: dict[tuple[str, int], list[StudiedRun]] = {}
    for run in runs:
        groups.setdefault((run.method, run.num_bridges), []).append(run)
    labels = _labels(runs, groups.values())
    styles = {label: style for style, label in enumerate(dict.fromkeys(labels.values()))}
    return [
        charts.Chart(
            f"{method}, t = {num_bridges}",
            tuple(
                charts.Line(
                    labels[run.name],
                    styles[labels[run.name]],
                    [measurement.step for measurement in run.measurements],
                    [getattr(measurement, value) for measurement in run.measurements],
                )
                for run in group
            ),
            ("log(t+1)", group[0].log_num_rungs) if with_level else None,
        )
        for (method, num_bridges), group in groups.items()
    ]


def _labels(runs: Sequence[StudiedRun], groups: Iterable[Sequence[StudiedRun]]) -> dict[str, str]:
    """Returns name -> label: only the latent dimension if it is unique in each group."""
    if all(len({run.latent_dim for run in group}) == len(group) for group in groups):
        return {run.name: f"d = {run.latent_dim}" for run in runs}
    return {run.name: f"{run.name} (d = {run.latent_dim})" for run in runs}
