"""Figures of results/README.md, one for each question."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from ivaae_tf.plots import charts
from results.against_pythae.__main__ import MODELS, SIDES, AgainstPythae
from results.bridges.__main__ import PROBED, Bridges, probe_error
from results.claim_table import ORDER
from results.collapse.__main__ import Collapse, flds, with_seeds
from results.figures import style_of
from results.fronts import log_flds
from results.judge import NAMES, Comparison
from results.outliers.__main__ import Outliers, by_detector
from results.page import SCORES
from results.questions import Evidence
from results.run import log_scores
from results.statistics import Interval
from results.trade_off.__main__ import TradeOff

_GRAY = "#8a9199"
_ROW = 0.21  # inches
_SHOWN = ("ivaae_radial", "ivaae_blockwise")
_REFERENCES = ("aae", "wae_gan", "wae_mmd")


class Row(NamedTuple):
    """A row of a forest plot.

    Attributes:
        label: What is compared.
        interval: Its value.
        color: Color of its dot.
        is_decided: Whether the dot is filled.
    """

    label: str
    interval: Interval
    color: str
    is_decided: bool = True


def all_figures(evidence: Evidence) -> dict[str, bytes]:
    """Returns name -> PNG."""
    return {
        "codes": _codes(evidence),
        "samples": _samples(evidence),
        "photos": _photos(evidence),
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

    return _panels(
        "Codes: at equal error, radial bridges are slightly ahead of an AAE, block-wise ones not",
        [("radial, the paper's learning rates", draw), *_forests(panels, "FLD / other's FLD")],
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
    _log_axis(axes.yaxis, axes.set_yscale)
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
    return _panels(
        "Samples: level with an AAE's and WAE-GAN's, better than WAE-MMD's",
        _forests(panels, "Fréchet distance / other's"),
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
    return [
        Row(
            _short(each) + itemize(condition),
            interval.exp if each.claims.is_ratio else interval,
            charts.look(style_of(each.method))[0],
            each.verdict in ("confirmed", "refuted"),
        )
        for each in evidence.comparisons
        if each.claims.quantity == quantity and each.method in _SHOWN
        for condition, interval in each.intervals.items()
    ]


def _short(comparison: Comparison) -> str:
    return comparison.label.replace(" IVAAE", "")


def _photos(evidence: Evidence) -> bytes:
    def draw(axes: Axes) -> None:
        offsets = {"ivaae_radial": -9, "ivaae_blockwise": 3, "aae": 0, "wae_gan": -3}
        for method, records in with_seeds(evidence.records[Collapse]).items():
            color, dash, _ = charts.look(style_of(method))
            curves = [flds(record) for record in records]
            for epochs, values in curves:
                axes.plot(epochs, values, dash, color=color, linewidth=0.6, alpha=0.5)
            epochs, mean = curves[0][0], np.mean([values for _, values in curves], axis=0)
            axes.plot(epochs, mean, dash, color=color, linewidth=2)
            axes.annotate(
                f"{NAMES[method]}: {mean[-1]:.0f}",
                (epochs[-1], mean[-1]),
                (6, offsets[method]),
                textcoords="offset points",
                color=color,
                fontsize=8.5,
            )
        axes.axhline(128, color=_GRAY, linestyle=":")
        axes.annotate("128: codes that are all 0", (4, 131), color=_GRAY, fontsize=8)
        axes.set_xlim(3, 53)
        axes.set_xticks(range(4, 41, 4))
        _log_axis(axes.yaxis, axes.set_yscale, (1, 1.5, 2, 3, 5))
        axes.set_ylim(20, 150)
        axes.set(xlabel="epoch", ylabel="FLD (0 for codes that follow the prior)")

    title = "CIFAR-10, d = 128: all except WAE-GAN still approach the prior after 40 epochs"
    return _panels(title, [("mean of three seeds (thick) and each seed (thin)", draw)], 15, 6.6)


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
    return _panels(
        "A t+1-class discriminator wins less with bridges; a two-class discriminator does not",
        _forests(panels, "cross-entropy / its value by chance, minus an AAE's", is_ratio=False),
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
    forests = _forests(panels, "test error of a probe, %", is_ratio=False, reference=None)
    return _panels(title, forests, 7, 6)


def _settings(evidence: Evidence) -> bytes:
    def rows(quantity: str, label_of: Callable[[Comparison, str], str]) -> list[Row]:
        return [
            Row(label_of(each, condition), interval.exp, _color(each.method), _is_decided(each))
            for each in evidence.comparisons
            if each.claims.quantity == quantity
            for condition, interval in each.intervals.items()
        ]

    named = {
        "ivaae_svgd_h1": "SVGD: bandwidth scale 1 / 100",
        "ivaae_radial_confusion": "radial: confusion / prior objective",
        "ivaae_radial_minimax": "radial: minimax / prior objective",
    }
    panels = {
        "averaged weights / last step": rows(
            "FLD, averaged weights / last step",
            lambda each, condition: f"{NAMES[each.method]}, {condition}",
        ),
        "other settings": rows(
            "FLD, settings",
            lambda each, condition: named.get(each.method, f"{NAMES[each.method]}: t = 4 / t = 1"),
        ),
        "block-wise, random order of the blocks": rows(
            f"FLD, {ORDER}", lambda each, condition: f"/ {NAMES[each.reference]}"
        ),
    }
    return _panels(
        "FLD: averaged weights, a small bandwidth and a random order of the blocks help",
        _forests(panels, "ratio of FLDs"),
        8,
        4.6,
    )


def _color(variant: str) -> str:
    method = next(each for each in (*_SHOWN, "ivaae_svgd", variant) if variant.startswith(each))
    return charts.look(style_of(method))[0]


def _is_decided(comparison: Comparison) -> bool:
    return comparison.verdict in ("confirmed", "refuted")


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
    return _panels(
        "With the same settings, models are as good as pythae's",
        _forests(panels, "geometric mean of three seeds and 95 % interval", reference=None),
        12,
        5.6,
    )


def _outliers(evidence: Evidence) -> bytes:
    found = list(by_detector(evidence.records[Outliers], "auroc").items())

    def draw(axes: Axes) -> None:
        for y, (name, values) in enumerate(found):
            color = charts.COLORS[0] if name.startswith("ivaae") else _GRAY
            axes.plot(list(values.values()), [y] * len(values), "o", color=color, ms=3, alpha=0.5)
            axes.plot(np.mean(list(values.values())), y, "D", color=color, ms=7)
        axes.set_yticks(range(len(found)), [name for name, _ in found])
        axes.invert_yaxis()
        axes.axvline(0.5, color="black", linewidth=0.8)
        axes.set(xlabel="AUROC (0.5 by chance, 1 is perfect)", xlim=(0, 1))

    title = "A held-out digit: ivaae's combined score is level with the best detector"
    return _panels(title, [("diamond: mean of ten digits; dot: a digit", draw)], len(found), 7)


Panel = tuple[str, Callable[[Axes], None]]


def _forests(
    panels: Mapping[str, Sequence[Row]],
    x_label: str,
    is_ratio: bool = True,
    reference: float | None = np.nan,
) -> list[Panel]:
    """Returns forest plots.

    Args:
        panels: Title -> rows.
        x_label: Label of the horizontal axes.
        is_ratio: Whether these are logarithmic.
        reference: Where there is no difference, for a line: 1 or 0 if nan, and no line if None.
    """
    if reference is not None and np.isnan(reference):
        reference = 1 if is_ratio else 0

    def draw_of(rows: Sequence[Row]) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            for y, row in enumerate(rows):
                mean, low, high, _ = row.interval
                axes.plot([low, high], [y, y], color=row.color, linewidth=1.4)
                face = row.color if row.is_decided else "white"
                axes.plot(mean, y, "o", color=row.color, markerfacecolor=face, markersize=5)
            if is_ratio:
                _log_axis(axes.xaxis, axes.set_xscale)
            axes.set_yticks(range(len(rows)), [row.label for row in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
            is_open = not all(row.is_decided for row in rows)
            axes.set_xlabel(x_label + ("\nfilled: significant after correction" if is_open else ""))
            if reference is not None:
                axes.axvline(reference, color="black", linewidth=0.8)

        return draw

    return [(title, draw_of(rows)) for title, rows in panels.items()]


def _log_axis(axis, set_scale: Callable[[str], None], subs: Iterable[float] = (1, 2, 5)) -> None:
    set_scale("log")
    low, high = axis.get_data_interval()
    if high / low < 3:
        subs = (1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
    elif high / low > 1e3:
        subs = (1,)
    axis.set_major_locator(LogLocator(subs=tuple(subs)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def _panels(title: str, panels: Sequence[Panel], num_rows: int, width: float = 3.9) -> bytes:
    """Returns a PNG of panels under a title that reports the finding."""

    def draw(picture: Figure, all_axes: list[Axes]) -> None:
        for axes, (name, draw_panel) in zip(all_axes, panels, strict=True):
            draw_panel(axes)
            axes.set_title(name)
            axes.grid(alpha=0.4, linewidth=0.5)
            axes.yaxis.label.set_fontsize(8.5)
        picture.suptitle(title, fontsize=11.5)

    return charts.panels(len(panels), (width, _ROW * num_rows + 1.3), draw)
