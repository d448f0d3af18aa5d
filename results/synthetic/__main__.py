"""Trains small auto-encoders on synthetic data whose true codes are known.

python -m results.synthetic
"""

from collections.abc import Mapping, Sequence

import numpy as np

from results import program
from results.page import Page, number, ratio
from results.run import Record, Run
from results.synthetic import figures
from results.synthetic.analysis import (
    Share,
    at_step,
    conditions_of,
    drifts,
    find,
    fld_of_true_codes,
    fld_ratio,
    has_failed,
    rise,
    values,
    verdict,
)
from results.synthetic.cells import (
    CELLS,
    FILLED,
    NUM_SEEDS,
    NUM_STEPS,
    UNFILLED,
    Conditions,
    title,
)

_INTRODUCTION = (
    "Data are made from true codes u ~ N(0, I) of d* dimensions by a map that a network can "
    "invert. So it is known what an ideal auto-encoder reaches: an SSE of 0 and, if its codes have "
    "as many dimensions as u (d = d*), the FLD of samples of the prior. If they have more, codes "
    "cannot fill the prior, as those of images cannot. Then u itself, with zeros for the other "
    "dimensions, has an FLD of d − d*, and an encoder that comes closer must bend its codes into "
    "the other dimensions.",
    "**Prediction**, from a pilot with another program and other seeds: where codes cannot fill "
    "the prior (d > d*), an AAE drifts away and radial bridges hold; with d = d* nothing fails. "
    "It is confirmed if, with d = 64 and d* = 16, the FLD of more than half of the AAEs ends more "
    "than 10 % above its lowest value and the FLD of less than half of the radial IVAAEs does, "
    "both with their intervals, and if no run with d = d* fails. It is refuted if one of these "
    "intervals is on the other side, or if runs with d = d* fail.",
)
_COURSES = (
    "FLD over the steps: the geometric mean of the seeds, and the middle 80 % of them. Dotted: "
    "u itself, with zeros for further dimensions."
)
_RATIOS = (
    "FLD divided by the AAE's under the same conditions (left), and SSE (right), with 95 % "
    "intervals. The FLD of the AAE itself is in the tables."
)
_COLUMNS = (
    "*FLD*: geometric mean over the seeds at the last step. *Samples*: Fréchet distance of decoded "
    "samples of the prior to the data, in the space of the data. *‖mean‖²* and *variance*: of the "
    "codes; 0 and 1 for the prior, and the variance is the mean over the coordinates. *Lowest*: "
    "mean of the lowest FLD over the steps, at the median of its step; early steps reconstruct "
    "little yet. *Drift*: seeds whose FLD ends more than 10 % above their lowest. *Failures*: "
    "seeds whose last three FLDs have a median above d / 4, or are not finite; u itself fails by "
    "this measure where d > d*, so compare values there. Both have 95 % intervals by Clopper and "
    "Pearson. *JS*: the discriminator's estimate of the Jensen-Shannon divergence, in nats, over "
    "the last 50 steps; it is at most log(t+1). *Gradient*: norm of the encoder's gradient, over "
    "the same steps."
)
_QUARTERS = (
    "Block-wise bridges in the paper's order pull the first block t times as weakly as the last. "
    "Means over the seeds, d = d* = 16:"
)
_SETTING = (
    "x = yQ with y = u + 0.4 sin 2u and a random Q with orthonormal rows, one for each seed; x has "
    "2d dimensions. E is 2d-48-48-d, G d-48-48-2d, and D d-96-96-(t+1), with ReLU and Glorot's "
    "first weights. The last layer of E is scaled and shifted, so that the first codes have a mean "
    "variance of 1 and a mean of norm Δ.",
    f"Algorithm 1 with {NUM_STEPS:,} steps of 64 new points, the loss SSE + μ₂ · latent loss, and "
    "Adam (β = 0.5, 0.999) with a learning rate of 1e-3 for E and G and of 5e-4 · *D* for D; all "
    "are multiplied by 0.3 after 60 % of the steps and by 0.1 after 85 %. μ₂ is 4, unless a table "
    "gives another. Scores are of 4,096 fixed points, every 50 steps. "
    f"{NUM_SEEDS} seeds of a cell are trained at once; they share nothing but the settings, and "
    "the seeds of different methods have the same data and first weights of E and G.",
    "An AAE with μ₂ = 2.5 pulls codes as hard as four radial bridges with μ₂ = 4, whose rungs have "
    "only cos(kπ/2t) of a code: the mean of cos² over k < t is 0.625. *4 prior samples a code* "
    "gives D as many samples of the prior as four bridges do. *Gradient penalty*: half the mean "
    "squared norm of the gradient of D's log odds is added to D's loss, at codes and samples of "
    "the prior. *Spectral norm*: each layer's weights are divided by their largest singular value "
    "(Miyato et al., 2018). *Instance noise*: N(0, I) is added to all inputs of D, with a factor "
    "that falls from 1 to 0 over the steps. The *random order* of blocks is one for each seed and "
    "batch.",
)
_LIMITS = (
    "One kind of data, small networks and 1,200 steps: whether it holds for images is another "
    "question. One weight for most methods, so the methods are compared at equal weights and not "
    "at equal SSE; both numbers must be read together. Each remedy without bridges has one "
    "strength, which was not tuned. FLD compares means and covariances alone. Intervals are not "
    "corrected for their number."
)


class Synthetic(program.Study):
    """What bridges do where the truth is known."""

    name = "synthetic"
    title = "What bridges do where the truth is known"

    def runs(self) -> list[Run]:
        """Returns a run for each cell."""
        return [cell.run for cell in CELLS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = _groups(records)
        aae, four, eight = (find(groups[UNFILLED], **facts) for facts in _PREDICTED)
        assert aae and four and eight
        rises = [number(rise(each).exp.mean, 3) for each in (aae, four, eight)]
        failed = np.concatenate([has_failed(record) for record in groups[FILLED]])
        return (
            f"where codes cannot fill the prior (d = 64, d* = 16), an AAE's FLD ends at {rises[0]} "
            f"times its lowest value and the FLD of radial bridges at {rises[1]} (t = 4) and "
            f"{rises[2]} (t = 8), so they drift less, but they drift; they end at "
            f"{ratio(fld_ratio(four, aae))} and {ratio(fld_ratio(eight, aae))} times the AAE's "
            f"FLD, with {_less_sse(four, aae)} and {_less_sse(eight, aae)} less SSE. With d = d* = "
            f"16, {failed.sum()} of {failed.size} runs fail."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds what was predicted, the figures, the tables and the limits."""
        groups = _groups(records)
        page.text(*_INTRODUCTION)
        page.table(_VERDICT_TITLES, _verdicts(groups))
        if UNFILLED in groups:
            page.figure("courses", _courses(groups), _COURSES)
        if groups:
            page.text("## All cells")
            headed = {_heading(each): group for each, group in groups.items()}
            page.figure("ratios", figures.dots(headed), _RATIOS)
            page.text(_COLUMNS)
        for conditions, group in groups.items():
            page.text(f"### {_heading(conditions)}, Δ = {conditions.distance}")
            page.table(_TITLES, [_row(record, group[0]) for record in group])
        if FILLED in groups:
            page.text("## FLD by quarter of the coordinates", _QUARTERS)
            page.table(
                ["", *(f"quarter {part}" for part in _PARTS)],
                [[title(record.run.facts), *_parts(record)] for record in groups[FILLED]],
            )
        page.text("## Data, networks and training", *_SETTING, "## Limits", _LIMITS)


def _less_sse(record: Record, reference: Record) -> str:
    """Returns how much lower the SSE is, in percent."""
    first, second = (each.score("reconstruction_sse").value for each in (record, reference))
    return f"{100 * (1 - first / second):.0f} %"


# Facts of the cells that the prediction is about, and of those that the first figure shows.
_PREDICTED: tuple[dict[str, str | int], ...] = (
    {"method": "aae", "weight": 4},
    {"method": "radial", "t": 4},
    {"method": "radial", "t": 8},
)
_SHOWN = (*_PREDICTED, {"method": "blockwise"}, {"method": "blockwise_random"})
_PARTS = range(1, 5)
_TITLES = (
    *("", "FLD", "FLD / AAE's", "SSE", "samples", "‖mean‖²", "variance"),
    *("FLD at step 200", "lowest", "drift", "failures", "JS", "gradient"),
)


def _groups(records: Sequence[Record]) -> dict[Conditions, list[Record]]:
    """Returns conditions -> cells, the AAE first, if it is done."""
    groups: dict[Conditions, list[Record]] = {}
    for record in records:
        groups.setdefault(conditions_of(record), []).append(record)
    return {each: group for each, group in groups.items() if group[0].fact("method") == "aae"}


def _heading(conditions: Conditions) -> str:
    return f"d = {conditions.d}, d* = {conditions.data_dim}, D × {conditions.speed}"


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
        f"{number(float(values(record, 'lowest_fld').mean()), 3)} at "
        f"{np.median(values(record, 'step_of_lowest_fld')):.0f}",
        drifts(record).text,
        Share.of(has_failed(record)).text,
        number(float(values(record, "js_estimate").mean())) if has_game else "–",
        number(float(values(record, "gradient_norm").mean())),
    ]


def _parts(record: Record) -> list[str]:
    return [number(float(values(record, f"fld_part_{part}").mean())) for part in _PARTS]


_VERDICT_TITLES = ("prediction", "drift or failures", "last FLD / lowest", "verdict")


def _verdicts(groups: Mapping[Conditions, Sequence[Record]]) -> list[list[str]]:
    """Returns a row for each part of the prediction that has its cells."""
    rows = []
    for facts in _PREDICTED:
        if record := find(groups.get(UNFILLED, ()), **facts):
            name, is_aae = title(record.run.facts), record.fact("method") == "aae"
            text = f"{name} {'drifts away' if is_aae else 'holds'}, {_heading(UNFILLED)}"
            share = drifts(record)
            rows.append([text, share.text, ratio(rise(record)), verdict(share, is_most=is_aae)])
    if filled := groups.get(FILLED):
        share = Share.of(np.concatenate([has_failed(record) for record in filled]))
        name = f"nothing fails, {_heading(FILLED)}, {len(filled)} methods"
        rows.append([name, share.text, "–", "refuted" if share.num_true else "confirmed"])
    return rows


def _courses(groups: Mapping[Conditions, Sequence[Record]]) -> bytes:
    panels, levels = {}, []
    for conditions in (UNFILLED, FILLED):
        if group := groups.get(conditions):
            found = [find(group, **facts) for facts in _SHOWN]
            panels[_heading(conditions)] = [each for each in found if each]
            levels.append(fld_of_true_codes(conditions))
    return figures.courses(panels, levels)


if __name__ == "__main__":
    program.run(Synthetic())
