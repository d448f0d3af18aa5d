"""Tables of the settings and recorded facts of runs: first the notable ones, then all others."""

from collections.abc import Mapping, Sequence
from typing import Any

from ivaae_tf.reporting.markdown import Block, escape, fold, table
from ivaae_tf.runs.finished import FinishedRun
from ivaae_tf.settings import Settings


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


def notable(runs: Sequence[FinishedRun]) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """Returns the facts to show, with each run's value, and all other facts.

    A fact is shown if it differs between the runs, or if it is a setting that differs from the
    default of a run's method. The other facts have one value, which all runs share.
    """
    of_runs = [run_facts(run) for run in runs]
    changed = {name for run in runs for name in _changed_settings(run.settings)}
    shown, others = {}, {}
    for name in dict.fromkeys(name for each in of_runs for name in each):
        values = tuple(each.get(name) for each in of_runs)
        if name in changed or any(value != values[0] for value in values):
            shown[name] = values
        else:
            others[name] = values[0]
    return shown, others


def _changed_settings(settings: Settings) -> set[str]:
    """Returns the names of the settings that differ from the defaults of their method."""
    defaults = {
        # The default of the latent weight is a function of t.
        **Settings(method=settings.method, num_bridges=settings.num_bridges).to_record(),
        "num_bridges": settings.method_row.default_num_bridges,
    }
    return {name for name, value in settings.to_record().items() if value != defaults[name]}


def settings_blocks(runs: Sequence[FinishedRun]) -> list[Block]:
    """Returns a table of the notable settings and facts, and the others in a fold."""
    shown, others = notable(runs)
    names = [run.name for run in runs]
    compared = len(runs) > 1
    fold_title = f"All other settings and facts ({len(others)})"
    all_others = _table(["All runs"] if compared else names, {n: [v] for n, v in others.items()})
    if shown:
        text = "Settings that differ from the defaults of the method"
        text += ", and settings and facts that differ between the runs." if compared else "."
        return [text, _table(names, shown), fold(fold_title, all_others)]
    text = "All settings have the defaults of the method"
    text += ", and no setting or fact differs between the runs." if compared else "."
    return [text, fold(fold_title, all_others)]


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
