"""The settings and facts that differ between runs, and those that they share."""

from collections.abc import Sequence
from typing import Any

from ivaae_tf.reporting.document import Block, Cell, Fold, Paragraph, Table
from ivaae_tf.runs.finished import FinishedRun


def run_facts(run: FinishedRun) -> dict[str, Any]:
    """Returns name -> value of each setting and recorded fact of a run."""
    record = run.record
    return {
        **record.settings.to_record(),
        "epochs trained": run.epochs or None,
        # The location of the records does not change a result.
        **{f"data: {name}": value for name, value in record.data.items() if name != "records"},
        **{f"parameters: {name}": count for name, count in record.parameters.items()},
        **{f"version: {name}": version for name, version in record.versions.items()},
        "program": record.git_commit,
    }


def differences(
    runs: Sequence[FinishedRun],
) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """Returns the facts that differ, with each run's value, and the shared facts."""
    of_runs = [run_facts(run) for run in runs]
    names = dict.fromkeys(name for each in of_runs for name in each)
    differing, shared = {}, {}
    for name in names:
        values = tuple(each.get(name) for each in of_runs)
        if all(value == values[0] for value in values):
            shared[name] = values[0]
        else:
            differing[name] = values
    return differing, shared


def settings_blocks(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns the differences as a table, and the shared facts in a fold."""
    differing, shared = differences(runs)
    rows = tuple(
        (Cell(name), *(Cell(format_value(value)) for value in values))
        for name, values in differing.items()
    )
    shared_rows = tuple((Cell(name), Cell(format_value(value))) for name, value in shared.items())
    if len(runs) == 1:
        return [Table(("Setting", runs[0].name), shared_rows)]
    return [
        Table(("Setting", *(run.name for run in runs)), rows)
        if rows
        else Paragraph("All recorded settings and facts of the runs are equal."),
        Fold(
            f"Shared by all runs ({len(shared)} settings and facts)",
            (Table(("Setting", "All runs"), shared_rows),),
        ),
    ]


def format_value(value: Any) -> str:
    """Returns a setting's value in words."""
    if value is None or value in ([], ()):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and value >= 10_000:
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {format_value(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(format_value, value))
    return str(value)
