"""Trains small auto-encoders on synthetic data whose true codes are known.

python -m results.synthetic
"""

from collections.abc import Sequence

import numpy as np

from results import program
from results.page import Page, number, ratio
from results.run import Facts, Record, Run
from results.synthetic import figures, findings, texts
from results.synthetic.analysis import (
    Share,
    at_step,
    drifts,
    find,
    fld_of_true_codes,
    fld_ratio,
    has_failed,
    values,
)
from results.synthetic.cells import CELLS, FILLED, UNFILLED, title


class Synthetic(program.Study):
    """Effect of bridges where the truth is known."""

    name = "synthetic"
    title = "What bridges do where the truth is known"

    def runs(self) -> list[Run]:
        """Returns a run for each cell."""
        return [cell.run for cell in CELLS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        return findings.found(findings.groups_of(records))

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds what was predicted, the figures, the tables and the limits."""
        groups = findings.groups_of(records)
        page.text(*texts.INTRODUCTION)
        page.table(findings.VERDICT_TITLES, findings.verdicts(groups))
        page.text(*findings.conclusion(groups))
        if UNFILLED in groups:
            page.figure("courses", _courses(groups), texts.COURSES)
        if compared := findings.comparison(groups):
            page.text("## Bridges beside other remedies", *compared)
        if groups:
            page.text("## All cells")
            headed = {findings.heading(each): group for each, group in groups.items()}
            page.figure("ratios", figures.dots(headed), texts.RATIOS)
            page.text(texts.COLUMNS)
        for conditions, group in groups.items():
            page.text(f"### {findings.heading(conditions)}, Δ = {conditions.distance}")
            page.table(_TITLES, [_row(record, group[0]) for record in group])
        if text := findings.filled(groups):
            page.text("## Codes that can fill the prior", *text)
            page.table(
                ["", *(f"quarter {part}" for part in _PARTS)],
                [[title(record.run.facts), *_parts(record)] for record in groups[FILLED]],
            )
        page.text("## Data, networks and training", *texts.SETTING, "## Limits", texts.LIMITS)


# Facts of the cells that the first figure shows.
_SHOWN: tuple[Facts, ...] = (
    *findings.PREDICTED,
    {"method": "blockwise"},
    {"method": "blockwise_random"},
)
_PARTS = range(1, 5)
_TITLES = (
    *("", "FLD", "FLD / AAE's", "SSE", "samples", "‖mean‖²", "variance"),
    *("FLD at step 200", "lowest", "drift", "failures", "JS", "gradient"),
)


def _row(record: Record, aae: Record) -> list[str]:
    has_game = record.fact("method") != "wae_mmd"
    return [
        title(record.run.facts),
        findings.fld(record),
        "1" if record is aae else ratio(fld_ratio(record, aae)),
        number(record.score("reconstruction_sse").value, 3),
        number(float(values(record, "samples").mean()), 3),
        number(float(values(record, "mean_norm_squared").mean())),
        number(float(values(record, "variance").mean())),
        number(at_step(record, "fld", 200), 3),
        f"{number(float(np.exp(np.log(values(record, 'lowest_fld')).mean())), 3)} at "
        f"{np.median(values(record, 'step_of_lowest_fld')):.0f}",
        drifts(record).text,
        Share.of(has_failed(record)).text,
        number(float(values(record, "js_estimate").mean())) if has_game else "–",
        number(float(values(record, "gradient_norm").mean())),
    ]


def _parts(record: Record) -> list[str]:
    return [number(float(values(record, f"fld_part_{part}").mean())) for part in _PARTS]


def _courses(groups: findings.Groups) -> bytes:
    panels, levels = {}, []
    for conditions in (UNFILLED, FILLED):
        if group := groups.get(conditions):
            found = [find(group, **facts) for facts in _SHOWN]
            panels[findings.heading(conditions)] = [each for each in found if each]
            levels.append(fld_of_true_codes(conditions))
    return figures.courses(panels, levels)


if __name__ == "__main__":
    program.run(Synthetic())
