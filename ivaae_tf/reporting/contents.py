"""The content of a report, in order."""

from collections.abc import Iterable, Sequence

from ivaae_tf.reporting.document import Block, Cell, Figure, Paragraph, Report, Section, Table
from ivaae_tf.reporting.losses import losses
from ivaae_tf.reporting.paper_comparison import paper_blocks
from ivaae_tf.reporting.pictures import covariances, nearest, reconstructions, samples
from ivaae_tf.reporting.scores import score_curves, score_table
from ivaae_tf.reporting.seeds import seed_blocks
from ivaae_tf.reporting.settings_table import format_value, settings_blocks
from ivaae_tf.runs.finished import FinishedRun


def build_report(runs: Sequence[FinishedRun]) -> Report:
    """Returns the report on at least one run."""
    names = [run.name for run in runs]
    title = names[0] if len(names) == 1 else f"{len(names)} runs compared"
    introduction = (
        "Results of training intervention adversarial auto-encoders: settings, scores with their "
        "conditions, curves, pictures, and the paper's numbers."
    )
    return Report(
        title,
        introduction,
        (
            Section("Runs", tuple(_overview(runs))),
            Section("Settings", tuple(settings_blocks(runs))),
            Section("Scores", tuple(score_table(runs))),
            *_section_of("Seeds together", seed_blocks(runs)),
            Section("Scores over epochs", (_or_missing(score_curves(runs)),)),
            Section("Losses", (_or_missing(losses(runs)),)),
            Section("Samples", (_or_missing(samples(runs)),)),
            Section("Reconstructions", (_or_missing(reconstructions(runs)),)),
            *_section_of("Nearest training images", filter(None, [nearest(runs)])),
            Section("Covariance of the codes", (_or_missing(covariances(runs)),)),
            Section("The paper's numbers", tuple(paper_blocks(runs))),
        ),
    )


def _section_of(title: str, blocks: Iterable[Block]) -> list[Section]:
    """Returns the section of blocks that not every report has."""
    found = tuple(blocks)
    return [Section(title, found)] if found else []


def _or_missing(figure: Figure | None) -> Block:
    return figure or Paragraph("No run has this yet. The section Runs lists the missing parts.")


def _overview(runs: Sequence[FinishedRun]) -> list[Block]:
    rows = tuple(
        (
            Cell(run.name),
            Cell(run.settings.method),
            Cell(run.settings.dataset),
            Cell(str(run.settings.latent_dim)),
            Cell(format_value(run.epochs)),
            Cell(format_value(sum(run.record.parameters.values()))),
        )
        for run in runs
    )
    header = ("Run", "Method", "Data", "Latent dimension", "Epochs", "Parameters")
    blocks: list[Block] = [Table(header, rows)]
    missing = [
        (Cell(run.name), Cell(parts), Cell(command, is_command=True))
        for run in runs
        for parts, command in _missing(run)
    ]
    if missing:
        blocks.append(
            Paragraph(
                "Some parts are missing. Give a training command the flags of the run's start, and "
                "in --epochs the total number of epochs; the last epoch always writes pictures."
            )
        )
        blocks.append(Table(("Run", "Missing", "Command"), tuple(missing)))
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
