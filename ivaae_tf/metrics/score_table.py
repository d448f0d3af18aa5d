"""Plain text tables of scores and their conditions."""

import textwrap
from collections.abc import Collection, Mapping, Sequence

from ivaae_tf.metrics.score import Condition, Score
from ivaae_tf.program.shown_text import escaped

_NOTE_WIDTH = 100


def shared_conditions(conditions: Sequence[Mapping[str, Condition]]) -> dict[str, Condition]:
    """Returns the conditions equal in all mappings; none for a single mapping."""
    if len(conditions) < 2:
        return {}
    first, *others = conditions
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in others)
    }


def in_words(conditions: Mapping[str, Condition], without: Collection[str] = ()) -> str:
    """Returns conditions in words, such as "1,000 codes, split train".

    Conditions whose value is None, and those named in `without`, are left out.
    """
    return ", ".join(
        _phrase(name, value)
        for name, value in conditions.items()
        if value is not None and name not in without
    )


def format_scores(scores: Sequence[Score]) -> str:
    """Returns a plain text table and, below it, the numbered conditions of its rows.

    Conditions that all scores share are listed above the table.
    """
    if not scores:
        return "no scores"
    shared = shared_conditions([score.conditions for score in scores])
    own = [in_words(score.conditions, without=shared) for score in scores]
    notes = [conditions for conditions in dict.fromkeys(own) if conditions]
    rows = [("score", "epoch", "value", "± s.e.", "better", "")]
    for score, conditions in zip(scores, own, strict=True):
        better = {True: "higher", False: "lower", None: "-"}[score.higher_is_better]
        epoch = "-" if score.epoch is None else str(score.epoch)
        error = "-" if score.standard_error is None else f"{score.standard_error:.2g}"
        note = f"[{notes.index(conditions) + 1}]" if conditions else ""
        rows.append((escaped(score.name), epoch, f"{score.value:.5g}", error, better, note))
    header = [in_words(shared)] if shared else []
    numbered = [
        textwrap.fill(note, _NOTE_WIDTH, initial_indent=f"[{number}] ", subsequent_indent="    ")
        for number, note in enumerate(notes, start=1)
    ]
    return "\n".join([*header, *aligned(rows), *([""] if numbered else []), *numbered])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns a line for each row, with the first column on the left and others on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))).rstrip()
        for row in rows
    ]


def _phrase(name: str, value: Condition) -> str:
    words = escaped(name).replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"not {words}"
    if name.startswith("num_") and isinstance(value, int):
        return f"{value:,} {words.removeprefix('num ')}"
    return f"{words} {f'{value:.4g}' if isinstance(value, float) else escaped(str(value))}"
