"""The content of a report, in order."""

import shlex
from collections.abc import Iterator, Sequence

from ivaae_tf.reporting.losses import losses
from ivaae_tf.reporting.markdown import Block, Report, command, escape, table
from ivaae_tf.reporting.paper_comparison import paper_blocks
from ivaae_tf.reporting.pictures import covariances, side_by_side
from ivaae_tf.reporting.scores import score_curves, score_table
from ivaae_tf.reporting.seeds import seed_blocks
from ivaae_tf.reporting.settings_table import format_value, settings_blocks
from ivaae_tf.runs.finished import FinishedRun

_MISSING = "No run has this yet. The section Runs lists the missing parts."


def build_report(runs: Sequence[FinishedRun]) -> Report:
    """Returns the report on at least one run."""
    codes = side_by_side(runs, "codes", "Codes")
    nearest = side_by_side(runs, "nearest", "Nearest training images")
    sections: dict[str, Sequence[Block]] = {
        "Samples": [side_by_side(runs, "samples", "Samples") or _MISSING],
        "Reconstructions": [side_by_side(runs, "reconstructions", "Reconstructions") or _MISSING],
        "Codes": [codes] if codes else [],
        "Nearest training images": [nearest] if nearest else [],
        "Scores": score_table(runs),
        "Seeds together": seed_blocks(runs),
        "Scores over epochs": [score_curves(runs) or _MISSING],
        "Losses": [losses(runs) or _MISSING],
        "Covariance of the codes": covariances(runs) or [_MISSING],
        "The paper's numbers": paper_blocks(runs),
        "Runs": _overview(runs),
        "Settings": settings_blocks(runs),
    }
    return Report(
        title=runs[0].name if len(runs) == 1 else f"{len(runs)} runs compared",
        introduction=(
            "Results of training intervention adversarial auto-encoders: pictures, scores with "
            "their conditions, curves, the paper's numbers, and settings."
        ),
        sections={title: blocks for title, blocks in sections.items() if blocks},
    )


def _overview(runs: Sequence[FinishedRun]) -> list[Block]:
    header = ("Run", "Method", "Data", "Latent dimension", "Epochs", "Parameters")
    facts = (
        (
            run.name,
            run.settings.method,
            run.settings.dataset,
            str(run.settings.latent_dim),
            format_value(run.epochs),
            format_value(sum(run.record.parameters.values())),
        )
        for run in runs
    )
    blocks: list[Block] = [table(header, [[escape(fact) for fact in row] for row in facts])]
    missing = [
        (escape(run.name), escape(parts), command(line))
        for run in runs
        for parts, line in _missing(run)
    ]
    if missing:
        blocks.append(
            "Some parts are missing. Give a training command the flags with which the run was "
            "started, and the total number of epochs in --epochs; the last epoch always writes "
            "pictures."
        )
        blocks.append(table(("Run", "Missing", "Command"), missing))
    return blocks


def _missing(run: FinishedRun) -> Iterator[tuple[str, str]]:
    """Yields the missing parts of a run, and the command that makes them."""
    workdir = f"--workdir={shlex.quote(str(run.path))}"
    made_by_training: dict[str, object] = {
        "losses (history.json)": run.history,
        "samples (samples.png)": run.samples,
        "a checkpoint (checkpoints/)": run.has_checkpoint,
    }
    if run.settings.method_row.has_encoder:
        made_by_training["reconstructions (reconstructions.png)"] = run.reconstructions
        made_by_training["covariance of the codes (code_covariance.csv)"] = run.covariance
    if parts := ", ".join(part for part, found in made_by_training.items() if not found):
        yield parts, f"ivaae train {workdir}"
    if not run.scores:
        yield "scores (scores.json)", f"ivaae evaluate {workdir}"
