"""Figures of results/README.md, one for each question."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes

from ivaae_tf.plots import charts
from results import photo_curves
from results.against_pythae.__main__ import MODELS, SIDES, AgainstPythae
from results.bridges.__main__ import PROBED, Bridges, probe_error
from results.cifar10_controls.__main__ import Cifar10Controls
from results.claim_table import ORDER
from results.figures import GRAY, style_of
from results.forest_plots import Row, forests, log_axis, panels_png
from results.fronts import log_flds
from results.judge import NAMES, Comparison
from results.outliers.__main__ import Outliers, by_detector
from results.page import SCORES
from results.questions import Evidence
from results.run import log_scores
from results.statistics import Interval
from results.trade_off.__main__ import TradeOff

_SHOWN = ("ivaae_radial", "ivaae_blockwise")
_REFERENCES = ("aae", "wae_gan", "wae_mmd")


def all_figures(evidence: Evidence) -> dict[str, bytes]:
    """Returns name -> PNG."""
    return {
        "codes": _codes(evidence),
        "samples": _samples(evidence),
        "photos": photo_curves.draw(evidence.records[Cifar10Controls]),
        "game": _game(evidence),
        "features": _features(evidence),
        "settings": _settings(evidence),
        "pythae": _pythae(evidence),
        "outliers": _outliers(evidence),
    }


def _codes(evidence: Evidence) -> bytes:
    panels = _by_rates(evidence, "FLD")

    def draw(axes: Axes) -> None:
        _fld_over_sse(axes, evidence)

    return panels_png(
        "Codes: at equal error, radial bridges are slightly ahead of an AAE, block-wise ones not",
        [("radial, the paper's learning rates", draw), *forests(panels, "FLD / other's FLD")],
        max(map(len, panels.values())),
    )


def _fld_over_sse(axes: Axes, evidence: Evidence) -> None:
    records = evidence.records[TradeOff]
    grid = np.linspace(44.4, 54, 97)
    ends = {"aae": (0, -9), "wae_gan": (0, 5), "wae_mmd": (0, 4)}
    for reference in _REFERENCES:
        pairs = [
            (log_flds(records, "ivaae_radial", x), log_flds(records, reference, x)) for x in grid
        ]
        values = np.array(
            [Interval.between(*pair).exp[:3] if all(pair) else (np.nan,) * 3 for pair in pairs]
        )
        color, dash, _ = charts.look(style_of(reference))
        axes.plot(grid, values[:, 0], dash, color=color)
        axes.fill_between(grid, values[:, 1], values[:, 2], color=color, alpha=0.15, lw=0)
        axes.annotate(
            f"/ {NAMES[reference]}",
            (grid[-1], values[-1, 0]),
            ends[reference],
            textcoords="offset points",
            ha="right",
            color=color,
            fontsize=8,
        )
    log_axis(axes.yaxis, axes.set_yscale)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set(ylim=(0.2, 3.5), xlabel="SSE of at most", ylabel="FLD / other's FLD")


def _samples(evidence: Evidence) -> bytes:
    at_papers_rates = _rows_of(
        evidence, "lowest Fréchet distance of five weights", itemize=lambda condition: ""
    )
    panels = {
        "the paper's learning rates": at_papers_rates,
        **_by_rates(evidence, "Fréchet distance"),
    }
    return panels_png(
        "Samples: level with an AAE's and WAE-GAN's, better than WAE-MMD's",
        forests(panels, "Fréchet distance / other's"),
        max(map(len, panels.values())),
    )


def _by_rates(evidence: Evidence, score: str) -> dict[str, list[Row]]:
    """Returns the rows at higher learning rates, with and without averaged weights."""
    of_d = {"5e-4, 1e-3, 1e-3": "D ×10", "5e-4, 1e-3, 2e-4": "D ×2"}

    def rate_of_d(condition: str) -> str:
        rates, _, weight = condition.rpartition(", ")
        return f", {of_d[rates]}" + ("" if weight == "1 × weight" else f", {weight}")

    return {
        "learning rates of E, G ×10": _rows_of(
            evidence, f"{score}, higher learning rates", rate_of_d
        ),
        "the same, averaged weights": _rows_of(evidence, f"{score}, averaged weights", rate_of_d),
    }


def _rows_of(evidence: Evidence, quantity: str, itemize: Callable[[str], str]) -> list[Row]:
    """Returns a row for each condition of the comparisons of radial and block-wise IVAAE."""

    def label_of(comparison: Comparison, condition: str) -> str:
        return comparison.label.replace(" IVAAE", "") + itemize(condition)

    return _rows([each for each in _of(evidence, quantity) if each.method in _SHOWN], label_of)


def _of(evidence: Evidence, quantity: str) -> list[Comparison]:
    return [each for each in evidence.comparisons if each.claims.quantity == quantity]


def _rows(
    comparisons: Sequence[Comparison], label_of: Callable[[Comparison, str], str]
) -> list[Row]:
    """Returns a row for each condition of comparisons."""
    return [
        Row(
            label_of(each, condition),
            interval.exp if each.claims.is_ratio else interval,
            _color(each.method),
            each.verdict in ("confirmed", "refuted"),
        )
        for each in comparisons
        for condition, interval in each.intervals.items()
    ]


def _color(variant: str) -> str:
    method = next(each for each in (*_SHOWN, "ivaae_svgd", variant) if variant.startswith(each))
    return charts.look(style_of(method))[0]


def _game(evidence: Evidence) -> bytes:
    names = {
        "cross-entropy of a new D of t+1 classes / log(t+1)": "D of t+1 classes (Figure 2)",
        "cross-entropy of a new D of two classes / log 2": "D of two classes, codes or prior",
    }
    panels = {
        title: [
            row
            for row in _rows_of(evidence, quantity, lambda condition: f", {condition}")
            if "AAE" in row.label
        ]
        for quantity, title in names.items()
    }
    return panels_png(
        "A t+1-class discriminator wins less with bridges; a two-class discriminator does not",
        forests(panels, "cross-entropy / its value by chance, minus an AAE's", is_ratio=False),
        6,
        4.6,
    )


def _features(evidence: Evidence) -> bytes:
    groups = {
        method: [
            probe_error(each)
            for each in evidence.records[Bridges]
            if each.fact("variant") == method
        ]
        for method in PROBED
    }
    rows = [
        Row(NAMES[method], Interval.of(errors), charts.look(style_of(method))[0])
        for method, errors in sorted(groups.items(), key=lambda item: np.mean(item[1]))
    ]
    panels = {"mean of three seeds and 95 % interval": rows}
    title = "Features: WAE-MMD's and WAE-GAN's classify digits best"
    plots = forests(panels, "test error of a probe, %", is_ratio=False, reference=None)
    return panels_png(title, plots, 7, 6)


def _settings(evidence: Evidence) -> bytes:
    named = {
        "ivaae_svgd_h1": "SVGD: bandwidth scale 1 / 100",
        "ivaae_radial_confusion": "radial: confusion / prior objective",
        "ivaae_radial_minimax": "radial: minimax / prior objective",
    }
    panels = {
        "averaged weights / last step": _rows(
            _of(evidence, "FLD, averaged weights / last step"),
            lambda each, condition: f"{NAMES[each.method]}, {condition}",
        ),
        "other settings": _rows(
            _of(evidence, "FLD, settings"),
            lambda each, condition: named.get(each.method, f"{NAMES[each.method]}: t = 4 / t = 1"),
        ),
        "block-wise, random order of the blocks": _rows(
            _of(evidence, f"FLD, {ORDER}"),
            lambda each, condition: f"/ {NAMES[each.reference]}",
        ),
    }
    return panels_png(
        "FLD: averaged weights, a small bandwidth and a random order of the blocks help",
        forests(panels, "ratio of FLDs"),
        8,
        4.6,
    )


def _pythae(evidence: Evidence) -> bytes:
    colors = dict(zip(SIDES, charts.COLORS, strict=False))
    panels = {}
    for name in ("reconstruction_sse", "fld"):
        panels[SCORES[name]] = [
            Row(f"{NAMES[model]}: {side}", Interval.of(logs).exp, colors[side])
            for model in MODELS
            for side in SIDES
            for logs in [
                log_scores(
                    [
                        each
                        for each in evidence.records[AgainstPythae]
                        if (each.fact("method"), each.fact("side")) == (model, side)
                    ],
                    name,
                )
            ]
        ]
    return panels_png(
        "With the same settings, models are as good as pythae's",
        forests(panels, "geometric mean of three seeds and 95 % interval", reference=None),
        12,
        5.6,
    )


def _outliers(evidence: Evidence) -> bytes:
    found = list(by_detector(evidence.records[Outliers], "auroc").items())

    def draw(axes: Axes) -> None:
        for y, (name, values) in enumerate(found):
            color = charts.COLORS[0] if name.startswith("ivaae") else GRAY
            axes.plot(list(values.values()), [y] * len(values), "o", color=color, ms=3, alpha=0.5)
            axes.plot(np.mean(list(values.values())), y, "D", color=color, ms=7)
        axes.set_yticks(range(len(found)), [name for name, _ in found])
        axes.invert_yaxis()
        axes.axvline(0.5, color="black", linewidth=0.8)
        axes.set(xlabel="AUROC (0.5 by chance, 1 is perfect)", xlim=(0, 1))

    title = "A held-out digit: ivaae's combined score is level with the best detector"
    return panels_png(title, [("diamond: mean of ten digits; dot: a digit", draw)], len(found), 7)
