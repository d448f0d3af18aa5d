"""Tables of the settings and facts in which runs differ, and which they share."""

from collections.abc import Mapping, Sequence
from typing import Any

from ivaae_tf.reporting.markdown import Block, escape, fold, table
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
    names = [run.name for run in runs]
    if len(runs) == 1:
        return [_table(names, {name: [value] for name, value in shared.items()})]
    return [
        _table(names, differing)
        if differing
        else "All recorded settings and facts of the runs are equal.",
        fold(
            f"Shared by all runs ({len(shared)} settings and facts)",
            _table(["All runs"], {name: [value] for name, value in shared.items()}),
        ),
    ]


def _table(columns: Sequence[str], rows: Mapping[str, Sequence[Any]]) -> str:
    cells = ([escape(name), *(escape(format_value(v)) for v in row)] for name, row in rows.items())
    return table(("Setting", *columns), cells)


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
