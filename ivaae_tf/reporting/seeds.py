"""Compares groups of runs that differ only in the seed: means and standard deviations."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

from ivaae_tf.plots import charts
from ivaae_tf.plots.files import to_csv
from ivaae_tf.reporting.losses import curves
from ivaae_tf.reporting.markdown import Block, cell, table
from ivaae_tf.reporting.scores import ScoreRow, score_rows
from ivaae_tf.runs.finished import FinishedRun

_LOSSES = {
    "val_reconstruction_loss": "Reconstruction loss, validation images",
    "js_estimate": "Estimate of the Jensen-Shannon divergence, nats",
}
_NOT_COMPARED = ("seed",)  # settings, and conditions of scores


def seed_groups(runs: Sequence[FinishedRun]) -> dict[str, list[FinishedRun]]:
    """Returns name -> runs that differ only in the seed, at least two, the first of each seed.

    The name of a group is the name of the first run, and how many others there are.
    """
    groups: dict[str, list[FinishedRun]] = {}
    for run in runs:
        settings = {
            name: value
            for name, value in run.settings.to_record().items()
            if name not in _NOT_COMPARED
        }
        key = json.dumps([settings, run.record.data["fingerprint"]], sort_keys=True)
        group = groups.setdefault(key, [])
        if run.settings.seed not in {other.settings.seed for other in group}:
            group.append(run)
    return {
        f"{group[0].name} and {len(group) - 1} more": group
        for group in groups.values()
        if len(group) > 1
    }


def seed_blocks(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns the table and the curves of all groups; nothing if there are none."""
    groups = seed_groups(runs)
    if not groups:
        return []
    text = (
        "Runs that differ only in the seed: mean ± standard deviation over the seeds of the "
        "latest scores that all of them have under the same conditions. The standard deviation "
        "shows the effect of the seed on the training; it is not the error of a score. A band in "
        "the curves is one standard deviation wide on each side."
    )
    rows = []
    for row in score_rows([_without_seed(run) for group in groups.values() for run in group]):
        cells = [_cell(row, group) for group in groups.values()]
        if set(cells) != {"–"}:
            rows.append((cell(row.title, row.conditions_without(_NOT_COMPARED)), *cells))
    blocks: list[Block] = [text]
    if rows:
        blocks.append(table(("Score", *groups), rows))
    drawn, points = _charts(groups)
    if drawn:
        data = {"seeds.csv": to_csv(("runs", "epoch", "name", "mean", "deviation"), points)}
        caption = "Mean over the seeds, and a band of one standard deviation on each side."
        blocks.append(curves("seeds.png", drawn, caption, data))
    return blocks


def _without_seed(run: FinishedRun) -> FinishedRun:
    """Returns the run with scores without their seed, so that all seeds share a row."""
    # The data's own scores are the same for each seed.
    scores = [
        dataclasses.replace(
            score,
            conditions={
                name: value for name, value in score.conditions.items() if name not in _NOT_COMPARED
            },
        )
        for score in run.scores
        if score.conditions.get("of") != "data"
    ]
    return dataclasses.replace(run, scores=scores)


def _cell(row: ScoreRow, group: Sequence[FinishedRun]) -> str:
    of_runs = [{score.epoch: score for score in row.by_run.get(run.name, ())} for run in group]
    epochs = set.intersection(*(set(scores) for scores in of_runs))
    if not epochs:
        return "–"
    epoch = max(epochs, key=lambda epoch: epoch or 0)
    values = [scores[epoch].value for scores in of_runs]
    if not all(map(math.isfinite, values)):
        return "not a number"
    text = f"{np.mean(values):.4g} ± {np.std(values, ddof=1):.2g}"
    note = f"{len(values)} seeds" + ("" if epoch is None else f", epoch {epoch}")
    return cell(text, note)


def _charts(groups: Mapping[str, Sequence[FinishedRun]]) -> tuple[list[charts.Chart], list[tuple]]:
    """Returns the charts of the losses, and their points as rows."""
    drawn, points = [], []
    for name, title in _LOSSES.items():
        lines = []
        for style, (group, runs) in enumerate(groups.items()):
            epochs = [
                epoch
                for epoch in sorted(runs[0].history)
                if all(name in run.history.get(epoch, {}) for run in runs)
            ]
            values = np.array([[run.history[epoch][name] for epoch in epochs] for run in runs])
            if epochs:
                mean, deviation = values.mean(axis=0), values.std(axis=0, ddof=1)
                lines.append(charts.Line(group, style, epochs, mean, deviation, is_band=True))
                columns = zip(epochs, mean.tolist(), deviation.tolist(), strict=True)
                points += [(group, epoch, name, *rest) for epoch, *rest in columns]
        if lines:
            drawn.append(charts.Chart(title, tuple(lines), is_linear=name == "js_estimate"))
    return drawn, points
