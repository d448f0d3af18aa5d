"""What a stability study leaves: a table, and Figures 2 and 3 of the paper."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

from ivaae_tf.studies.curves import Curve, Level, Panel, save_csv, save_figure
from ivaae_tf.studies.discriminator_study import Measurement


@dataclasses.dataclass(frozen=True)
class StudiedRun:
    """A run's measurements, and what the figures say of the run.

    Attributes:
        name: Tells it from the other runs.
        method: The method it was trained with.
        num_bridges: t.
        latent_dim: d.
        measurements: In the order of their steps.
    """

    name: str
    method: str
    num_bridges: int
    latent_dim: int
    measurements: Sequence[Measurement]

    @property
    def log_num_rungs(self) -> float:
        """log(t+1), the cross-entropy of a discriminator that tells nothing apart."""
        return math.log(self.num_bridges + 1)


def write(folder: Path, runs: Sequence[StudiedRun]) -> list[Path]:
    """Writes the table and the figures of all runs; each method has a panel of its own.

    Returns:
        What was written.
    """
    table = folder / "stability.csv"
    loss_figure = folder / "discriminator_loss.png"
    gradient_figure = folder / "encoder_gradient_norm.png"
    save_csv(table, [row for run in runs for row in _rows(run)])
    x_label = "steps of the discriminator alone"
    save_figure(
        loss_figure,
        _panels(runs, "discriminator_cross_entropy", with_level=True),
        x_label,
        "discriminator's cross-entropy (nats)",
        y_scale="log",
    )
    save_figure(
        gradient_figure,
        _panels(runs, "encoder_gradient_norm"),
        x_label,
        "norm of the encoder's gradient",
        y_scale="log",
    )
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


def _panels(runs: Sequence[StudiedRun], value: str, with_level: bool = False) -> list[Panel]:
    groups: dict[tuple[str, int], list[StudiedRun]] = {}
    for run in runs:
        groups.setdefault((run.method, run.num_bridges), []).append(run)
    return [
        Panel(
            f"{method}, t = {num_bridges}",
            [_curve(run, value) for run in group],
            Level(f"log {num_bridges + 1}", group[0].log_num_rungs) if with_level else None,
        )
        for (method, num_bridges), group in groups.items()
    ]


def _curve(run: StudiedRun, value: str) -> Curve:
    return Curve(
        f"{run.name} (d = {run.latent_dim})",
        [measurement.step for measurement in run.measurements],
        [getattr(measurement, value) for measurement in run.measurements],
    )
