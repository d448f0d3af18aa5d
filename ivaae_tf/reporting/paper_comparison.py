"""Compares the scores of runs with the paper's numbers, with the obstacles to a comparison."""

import dataclasses
import math
from collections.abc import Sequence

from ivaae_tf.metrics.latent import expected_frechet_latent_distance
from ivaae_tf.metrics.score import Score
from ivaae_tf.reporting import paper
from ivaae_tf.reporting.markdown import Block, cell, escape, fold, table
from ivaae_tf.reporting.scores import format_score
from ivaae_tf.reporting.settings_table import format_value
from ivaae_tf.runs.finished import FinishedRun

# Settings that change a result only by chance.
_CHANCE = ("seed", "shuffle_buffer")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A number of the paper and the score of a run.

    Attributes:
        name: "FID" or "FLD".
        reported: The paper's number; None if there is none.
        score: The run's score; None if there is none.
        obstacles: Reasons against a comparison; empty if there are none.
    """

    name: str
    reported: float | None
    score: Score | None
    obstacles: tuple[str, ...]


def compare(run: FinishedRun) -> list[Comparison]:
    """Compares the FID and FLD of a run with the paper's; returns [] for other data."""
    data_set, method = run.settings.dataset, run.settings.method
    if data_set not in paper.REPORTED:
        return []
    reported = paper.REPORTED[data_set].get(method)
    if reported is None:
        absent = (f"the paper gives no number for {method} on {paper.DATA_SETS[data_set]}",)
        fid_obstacles = fld_obstacles = absent
    else:
        fid_obstacles = fld_obstacles = tuple(_deviations(run))
        if reported.fid is None:
            fid_obstacles = ("the paper's number is not legible",)
    fid = _published_kind_of_fid(run)
    fld = _fld(run, fid)
    return [
        Comparison(
            "FID", reported.fid if reported else None, fid, fid_obstacles + _fid_obstacles(fid, run)
        ),
        Comparison(
            "FLD", reported.fld if reported else None, fld, fld_obstacles + _fld_obstacles(fld, run)
        ),
    ]


def _deviations(run: FinishedRun):
    """Yields the settings of a run that differ from the paper's cell."""
    cell = paper.cell(run.settings.dataset, run.settings.method)
    found = run.settings.to_record()
    for name, value in cell.settings.to_record().items():
        if name not in _CHANCE and found[name] != value:
            yield f"{name} {format_value(found[name])} instead of {format_value(value)}"
    if run.epochs != cell.epochs:
        yield f"{run.epochs} epochs instead of {cell.epochs}"


def _published_kind_of_fid(run: FinishedRun) -> Score | None:
    """Returns the best FID of prior samples, at the paper's count if there is one."""
    scores = [
        score
        for score in run.scores
        if score.name == "fid"
        and score.conditions.get("sampler") == "prior"
        and math.isfinite(score.value)
    ]
    at_count = [s for s in scores if s.conditions.get("num_images") == paper.NUM_SAMPLES]
    return min(at_count or scores, key=lambda score: score.value, default=None)


def _fld(run: FinishedRun, fid: Score | None) -> Score | None:
    """Returns the FLD with the most codes, if possible at the epoch of the best FID."""
    scores = [score for score in run.scores if score.name == "fld"]
    of_epoch = [score for score in scores if fid is not None and score.epoch == fid.epoch]
    return max(
        of_epoch or scores,
        key=lambda score: (score.conditions.get("num_codes", 0), score.epoch or 0),
        default=None,
    )


def _fid_obstacles(fid: Score | None, run: FinishedRun) -> tuple[str, ...]:
    if fid is None:
        others = sorted({s.name for s in run.scores if s.name.startswith("frechet_")})
        other = f", and {' and '.join(others)} is another measure" if others else ""
        return (f"no FID was computed{other}",)
    count = fid.conditions.get("num_images")
    if not isinstance(count, int):
        return ("the number of samples was not recorded",)
    if count != paper.NUM_SAMPLES:
        return (f"{count:,} samples instead of {paper.NUM_SAMPLES:,}",)
    return ()


def _fld_obstacles(fld: Score | None, run: FinishedRun) -> tuple[str, ...]:
    if fld is None:
        return ("no FLD was computed",)
    count = fld.conditions.get("num_codes")
    if not isinstance(count, int):
        return ("the number of codes was not recorded",)
    if count == paper.NUM_CODES:
        return ()
    dim = run.settings.latent_dim
    floors = [expected_frechet_latent_distance(n, dim) for n in (count, paper.NUM_CODES)]
    return (
        f"{count:,} codes instead of {paper.NUM_CODES:,} (codes from N(0, I) score {floors[0]:.2g} "
        f"instead of {floors[1]:.2g})",
    )


def paper_blocks(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns the comparison of all runs, and the paper's tables in a fold."""
    compared = {run: compare(run) for run in runs}
    rows = [
        (escape(run.name), *_cells(comparison))
        for run, comparisons in compared.items()
        for comparison in comparisons
    ]
    blocks: list[Block] = []
    elsewhere = [run for run, comparisons in compared.items() if not comparisons]
    if elsewhere:
        names = " and ".join(sorted({run.settings.dataset for run in elsewhere}))
        blocks.append(
            escape(
                f"The paper has no numbers on {names}: its data sets are "
                f"{', '.join(paper.DATA_SETS.values())}. It cannot be compared with these runs: "
                f"{', '.join(run.name for run in elsewhere)}."
            )
        )
    if rows:
        blocks.append(table(("Run", "Score", "Paper", "This run", "Comparable?"), rows))
        blocks.append(
            "Comparable means equal data, method, settings, epochs and sample counts, and for "
            "FID also the Inception network of 2015. The programs can still differ: the paper "
            "has gaps and contradictions. Here the encoder's loss uses the prior's label for "
            "every bridge (Algorithm 1 as printed does not train), and the decoder of Table 4 "
            "has strides that yield 64×64. FID is the best over epochs, as in the paper; FLD "
            "is from the same epoch. Each run has only one seed."
        )
    return [*blocks, fold("Tables 1 and 2 of the paper", _tables(), _bias())]


def _cells(comparison: Comparison) -> list[str]:
    score, ours = comparison.score, "–"
    if score is not None:
        floor = score.conditions.get("expected_under_prior")
        note = f"epoch {score.epoch}" + (f"; codes from N(0, I) {floor:.2g}" if floor else "")
        ours = cell(format_score(score), note)
    return [
        comparison.name,
        "–" if comparison.reported is None else f"{comparison.reported:g}",
        ours,
        cell("No", "; ".join(comparison.obstacles)) if comparison.obstacles else "Yes",
    ]


def _tables() -> str:
    header = ["Method"]
    for name in paper.DATA_SETS.values():
        header += [f"{name}, FID", f"{name}, FLD"]
    rows = []
    for method in paper.REPORTED["mnist"]:
        cells = [escape(method)]
        for data_set in paper.DATA_SETS:
            reported = paper.REPORTED[data_set].get(method)
            fid = "–" if reported is None else format_value(reported.fid or "not legible")
            cells += [fid, "–" if reported is None else format_value(reported.fld)]
        rows.append(cells)
    return table(header, rows)


def _bias() -> str:
    floors = (
        f"{expected_frechet_latent_distance(paper.NUM_CODES, dim):.2g} in {dim} dimensions ({name})"
        for data_set, name in paper.DATA_SETS.items()
        for dim in [paper.cell(data_set, "wae_gan").settings.latent_dim]
    )
    return (
        "FID: 20,000 samples of the prior, the best of one evaluation every 10 epochs. FLD: "
        "60,000 codes. FLD is biased upward: for so many codes from N(0, I) its expected value is "
        f"{', '.join(floors)}. Codes here are of the training split, which has 50,000 images of "
        "CIFAR-10; the paper probably used its test images, too."
    )
