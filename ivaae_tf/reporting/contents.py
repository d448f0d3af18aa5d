"""The content of a report, in order."""

from collections.abc import Sequence

from ivaae_tf.reporting.losses import losses
from ivaae_tf.reporting.markdown import Block, Figure, Report, command, escape, table
from ivaae_tf.reporting.paper_comparison import paper_blocks
from ivaae_tf.reporting.pictures import covariances, nearest, reconstructions, samples
from ivaae_tf.reporting.scores import score_curves, score_table
from ivaae_tf.reporting.seeds import seed_blocks
from ivaae_tf.reporting.settings_table import format_value, settings_blocks
from ivaae_tf.runs.finished import FinishedRun


def build_report(runs: Sequence[FinishedRun]) -> Report:
    """Returns the report on at least one run."""
    sections: dict[str, Sequence[Block]] = {
        "Runs": _overview(runs),
        "Settings": settings_blocks(runs),
        "Scores": score_table(runs),
        "Seeds together": seed_blocks(runs),
        "Scores over epochs": [_or_missing(score_curves(runs))],
        "Losses": [_or_missing(losses(runs))],
        "Samples": [_or_missing(samples(runs))],
        "Reconstructions": [_or_missing(reconstructions(runs))],
        "Nearest training images": nearest(runs),
        "Covariance of the codes": covariances(runs) or [_or_missing(None)],
        "The paper's numbers": paper_blocks(runs),
    }
    return Report(
        title=runs[0].name if len(runs) == 1 else f"{len(runs)} runs compared",
        introduction=(
            "Results of training intervention adversarial auto-encoders: settings, scores with "
            "their conditions, curves, pictures, and the paper's numbers."
        ),
        sections={title: blocks for title, blocks in sections.items() if blocks},
    )


def _or_missing(figure: Figure | None) -> Block:
    return figure or "No run has this yet. The section Runs lists the missing parts."


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


_OF_ENCODER = (
    "reconstructions (reconstructions.png)",
    "covariance of the codes (code_covariance.csv)",
)


def _missing(run: FinishedRun):
    """Yields the missing parts of a run, and the command that makes them."""
    made_by_training = {
        "losses (history.json)": run.history,
        "samples (samples.png)": run.samples,
        _OF_ENCODER[0]: run.reconstructions,
        _OF_ENCODER[1]: run.covariance,
        "a checkpoint (checkpoints/)": run.has_checkpoint,
    }
    if not run.settings.method_row.has_encoder:
        for part in _OF_ENCODER:
            del made_by_training[part]
    if parts := ", ".join(part for part, found in made_by_training.items() if not found):
        yield parts, run.training_command
    if not run.scores:
        yield "scores (scores.json)", run.evaluation_command
