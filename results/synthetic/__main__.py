"""Trains small auto-encoders on synthetic data whose true codes are known.

python -m results.synthetic
"""

from collections.abc import Sequence

from results import program
from results.page import Page, number, ratio
from results.run import Record, Run
from results.synthetic import figures
from results.synthetic.analysis import (
    at_step,
    conditions_of,
    drifts,
    failures,
    find,
    fld_ratio,
    values,
)
from results.synthetic.cells import CELLS, FILLED, UNFILLED, Conditions, title


class Synthetic(program.Study):
    """What bridges do where the truth is known."""

    name = "synthetic"
    title = "What bridges do where the truth is known"

    def runs(self) -> list[Run]:
        """Returns a run for each cell."""
        return [cell.run for cell in CELLS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return ""

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the figures and tables."""
        groups = _groups(records)
        for conditions, group in groups.items():
            page.text(f"### {_heading(conditions)}")
            page.table(_TITLES, [_row(record, group[0]) for record in group])
        page.table(
            ["", "cell", *(f"quarter {part}" for part in _PARTS)],
            [
                [_heading(conditions), title(record.run.facts), *_parts(record)]
                for conditions in (UNFILLED, FILLED)
                for record in groups.get(conditions, ())
            ],
        )
        if groups:
            page.figure(
                "ratios",
                figures.dots({_heading(each): group for each, group in groups.items()}),
                "FLD relative to the AAE's, and SSE",
            )
        if UNFILLED in groups:
            page.figure("courses", _courses(groups), "FLD over the steps")


_PARTS = range(1, 5)
_TITLES = (
    *("", "FLD", "FLD / AAE's", "SSE", "samples", "‖mean‖²", "variance"),
    *("FLD at step 200", "lowest FLD", "drift", "failures", "JS", "gradient"),
)


def _groups(records: Sequence[Record]) -> dict[Conditions, list[Record]]:
    """Returns conditions -> cells, the AAE first, if it is done."""
    groups: dict[Conditions, list[Record]] = {}
    for record in records:
        groups.setdefault(conditions_of(record), []).append(record)
    return {each: group for each, group in groups.items() if group[0].fact("method") == "aae"}


def _heading(conditions: Conditions) -> str:
    return f"d = {conditions.d}, d* = {conditions.data_dim}, D ×{conditions.speed}"


def _row(record: Record, aae: Record) -> list[str]:
    has_game = record.fact("method") != "wae_mmd"
    return [
        title(record.run.facts),
        number(record.score("fld").value, 3),
        "1" if record is aae else ratio(fld_ratio(record, aae)),
        number(record.score("reconstruction_sse").value, 3),
        number(float(values(record, "samples").mean()), 3),
        number(float(values(record, "mean_norm_squared").mean())),
        number(float(values(record, "variance").mean())),
        number(at_step(record, "fld", 200), 3),
        number(float(values(record, "lowest_fld").mean()), 3),
        drifts(record).text,
        failures(record).text,
        number(float(values(record, "js_estimate").mean())) if has_game else "–",
        number(float(values(record, "gradient_norm").mean())),
    ]


def _parts(record: Record) -> list[str]:
    return [number(float(values(record, f"fld_part_{part}").mean())) for part in _PARTS]


_SHOWN = (
    {"method": "aae", "weight": 4},
    {"method": "radial", "t": 4},
    {"method": "radial", "t": 8},
    {"method": "blockwise"},
    {"method": "blockwise_random"},
)


def _courses(groups) -> bytes:
    panels, references = {}, []
    for conditions, label in ((UNFILLED, "u itself and zeros"), (FILLED, "u itself")):
        group = groups.get(conditions, [])
        found = [find(group, **facts) for facts in _SHOWN]
        if group:
            panels[_heading(conditions)] = [each for each in found if each]
            references.append((label, conditions.d - conditions.data_dim))
    return figures.courses(panels, references)


if __name__ == "__main__":
    program.run(Synthetic())
