"""Findings of the synthetic benchmark: verdicts of the prediction, and comparisons."""

from collections.abc import Mapping, Sequence

import numpy as np

from results.page import number, ratio
from results.run import Facts, Record
from results.synthetic.analysis import (
    Share,
    conditions_of,
    drifts,
    find,
    fld_ratio,
    has_failed,
    rise,
    values,
    verdict,
)
from results.synthetic.cells import FILLED, SLOWER, UNFILLED, Conditions, title

# Conditions -> their cells.
Groups = Mapping[Conditions, Sequence[Record]]

# Facts of the cells that the prediction is about, and of those that the first figure shows.
PREDICTED: tuple[Facts, ...] = (
    {"method": "aae", "weight": 4},
    {"method": "radial", "t": 4},
    {"method": "radial", "t": 8},
)
_COMPARED: tuple[Facts, ...] = (
    {"method": "aae", "weight": 4},
    {"method": "aae", "weight": 2.5},
    *PREDICTED[1:],
    {"method": "blockwise"},
    {"method": "blockwise_random"},
    {"method": "spectral_norm"},
    {"method": "radial_spectral_norm"},
    {"method": "gradient_penalty"},
    {"method": "instance_noise"},
    {"method": "prior_samples"},
    {"method": "wae_mmd", "weight": 100},
    {"method": "wae_mmd", "weight": 1000},
)


def groups_of(records: Sequence[Record]) -> dict[Conditions, list[Record]]:
    """Returns conditions -> cells, the AAE first, if it is done."""
    groups: dict[Conditions, list[Record]] = {}
    for record in records:
        groups.setdefault(conditions_of(record), []).append(record)
    return {each: group for each, group in groups.items() if group[0].fact("method") == "aae"}


def heading(conditions: Conditions) -> str:
    """Returns the dimensions and the speed of the discriminator."""
    return f"d = {conditions.d}, d* = {conditions.data_dim}, D × {conditions.speed}"


def found(groups: Groups) -> str:
    """Returns what was found, from all cells."""
    aae, four, eight, spectral = (
        _cell(groups, **facts) for facts in (*PREDICTED, {"method": "spectral_norm"})
    )
    rises = [number(rise(each).exp.mean, 3) for each in (aae, four, eight)]
    failed = np.concatenate([has_failed(record) for record in groups[FILLED]])
    return (
        f"where codes cannot fill the prior (d = 64, d* = 16), an AAE's FLD ends at {rises[0]} "
        f"times its lowest value, and the FLD with radial bridges at {rises[1]} (t = 4) and "
        f"{rises[2]} (t = 8): they drift less, but they drift, and end at "
        f"{ratio(fld_ratio(four, aae))} and {ratio(fld_ratio(eight, aae))} times the AAE's "
        f"FLD with {_less_sse(four, aae)} and {_less_sse(eight, aae)} less SSE. An AAE whose "
        f"discriminator has spectral norms does better than both without bridges: "
        f"{ratio(fld_ratio(spectral, aae))} times the AAE's FLD with "
        f"{_less_sse(spectral, aae)} less SSE, and no drift. With d = d* = 16, "
        f"{failed.sum()} of {failed.size} runs fail."
    )


VERDICT_TITLES = ("prediction", "drift or failures", "last FLD / lowest", "verdict")


def verdicts(groups: Groups) -> list[list[str]]:
    """Returns a row for each part of the prediction that has its cells."""
    rows = []
    for facts in PREDICTED:
        if record := find(groups.get(UNFILLED, ()), **facts):
            name, is_aae = title(record.run.facts), record.fact("method") == "aae"
            text = f"{name} {'drifts away' if is_aae else 'holds'}, {heading(UNFILLED)}"
            share = drifts(record)
            rows.append([text, share.text, ratio(rise(record)), verdict(share, is_most=is_aae)])
    if filled := groups.get(FILLED):
        share = Share.of(np.concatenate([has_failed(record) for record in filled]))
        name = f"nothing fails, {heading(FILLED)}, {len(filled)} methods"
        rows.append([name, share.text, "–", "refuted" if share.num_true else "confirmed"])
    return rows


def _cell(groups: Groups, **facts: str | float) -> Record:
    """Returns the cell with d = 64 and d* = 16 that has these facts."""
    record = find(groups[UNFILLED], **facts)
    assert record is not None
    return record


def conclusion(groups: Groups) -> list[str]:
    """Returns the verdict of the whole prediction, or nothing if a part is missing."""
    parts = [verdict for *_, verdict in verdicts(groups)]
    if len(parts) <= len(PREDICTED):
        return []
    whole = next((each for each in ("refuted", "open") if each in parts), "confirmed")
    return [
        f"As a whole, the prediction is {whole}. Radial bridges drift, too, but less than the AAE, "
        "and they end closer to the prior."
    ]


def fld(record: Record) -> str:
    """Returns the geometric mean of FLD."""
    return number(record.score("fld").value, 3)


def comparison(groups: Groups) -> list[str]:
    """Returns what the cells with d = 64 and d* = 16 show, or nothing if one is missing."""
    if not all(find(groups.get(UNFILLED, ()), **facts) for facts in _COMPARED):
        return []
    aae, weaker, four, eight, fixed, other, spectral, both, penalty, noise, more, mmd, strong = (
        _cell(groups, **facts) for facts in _COMPARED
    )
    points = [
        f"**Bridges help, and more bridges help more.** AAE: {_numbers(aae)}; radial 4: "
        f"{_numbers(four)}; radial 8: {_numbers(eight)}. Radial 8 / radial 4: "
        f"{ratio(fld_ratio(eight, four))}. It is not the weaker pull: the AAE at equal pull has "
        f"{ratio(fld_ratio(weaker, aae))} times the AAE's FLD. More prior samples explain little: "
        f"with four for a code, an AAE has {ratio(fld_ratio(more, aae))} times the FLD.",
        "**Block-wise bridges in the paper's order do not come closer to the prior** "
        f"({ratio(fld_ratio(fixed, aae))} times the AAE's FLD), and in random order they do "
        f"({ratio(fld_ratio(other, aae))}).",
        f"**Without a remedy the discriminator wins**: the AAE's JS estimate is {_js(aae)} of at "
        f"most {number(np.log(2))} nats, and the mean of the codes moves away from 0. With a "
        f"spectral norm the estimate is {_js(spectral)}.",
        "**A spectral norm is the better remedy here.** An AAE with it is ahead of radial 8 in "
        f"all three numbers: {_numbers(spectral)}; spectral norm / radial 8: "
        f"{ratio(fld_ratio(spectral, eight))}. A gradient penalty reconstructs best: "
        f"{_numbers(penalty)}. Instance noise that fades ends farthest from the prior: "
        f"{_numbers(noise)}. Radial bridges and spectral norms together are no better than "
        f"spectral norms alone, except for the SSE: {_numbers(both)}.",
        "**WAE-MMD, which has no discriminator, does not drift.** With μ₂ = 100 it has "
        f"{_numbers(mmd)}: worse than radial 8 in FLD, and better in the others. It is level with "
        f"radial 4 in FLD at μ₂ = 1000, with a higher SSE: {_numbers(strong)}.",
    ]
    if slow := groups.get(SLOWER[0]):
        cells = "; ".join(f"{title(each.run.facts)}: {_numbers(each)}" for each in slow)
        points.append(
            f"**A slow discriminator is worse than one that wins.** At a tenth of the learning "
            f"rate (D × 1) codes drift farther, with bridges and without, and the AAE's JS "
            f"estimate is {_js(slow[0])}. {cells}."
        )
    introduction = "All with d = 64 and d* = 16, and with D × 10 except the last point."
    return [introduction, "\n".join(f"- {point}" for point in points)]


def _numbers(record: Record) -> str:
    sse = record.score("reconstruction_sse").value
    samples = number(float(values(record, "samples").mean()), 3)
    return f"FLD {fld(record)}, SSE {number(sse, 3)}, samples {samples}"


def _js(record: Record) -> str:
    return number(float(values(record, "js_estimate").mean()))


def filled(groups: Groups) -> list[str]:
    """Returns what the cells with d = d* = 16 show, or nothing if one is missing."""
    facts: tuple[Facts, ...] = (
        PREDICTED[0],
        PREDICTED[1],
        {"method": "blockwise"},
        {"method": "blockwise_random"},
    )
    cells = [find(groups.get(FILLED, ()), **each) for each in facts]
    aae, four, fixed, other = cells
    if not (aae and four and fixed and other):
        return []
    return [
        f"With {heading(FILLED)}, radial 4 is level with the AAE in FLD "
        f"({ratio(fld_ratio(four, aae))}), with {_less_sse(four, aae)} less SSE. Block-wise "
        f"bridges have {ratio(fld_ratio(fixed, aae))} times the AAE's FLD in the paper's order, "
        f"most of it in the first quarter of the coordinates, whose block is pulled a t-th as hard "
        f"as the last; in random order they have {ratio(fld_ratio(other, aae))} times. "
        "FLD by quarter, means over the seeds:"
    ]


def _less_sse(record: Record, reference: Record) -> str:
    """Returns how much lower the SSE is, in percent."""
    first, second = (each.score("reconstruction_sse").value for each in (record, reference))
    return f"{100 * (1 - first / second):.0f} %"
