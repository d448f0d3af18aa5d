import io
import itertools
import math

import numpy as np
from PIL import Image

from ivaae_tf.plots import charts, heat_maps


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def has_color(png, color):
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return (abs(pixels(png) - wanted).max(axis=-1) <= 2).any()


def test_each_line_of_a_chart_is_drawn_and_named():
    lines = tuple(charts.Line(f"run {i}", i, (1, 2), (i, i + 1)) for i in range(7))
    png = charts.draw([charts.Chart("FLD", lines)], "epoch")
    assert all(has_color(png, color) for color in charts.COLORS)


def test_no_two_of_28_lines_look_the_same():
    assert len({charts.look(style) for style in range(28)}) == 28


def test_names_are_drawn_as_they_are():
    def legend_of(label):
        chart = charts.Chart("t", (charts.Line(label, 0, (1, 2), (1, 2)),))
        return pixels(charts.draw([chart], "epoch"))

    # "_" must not hide the name, "$" must not start a formula, "{" must not be an error.
    drawn = [legend_of(name) for name in ("_a", "a", "$\\frac{$", "x" * 300)]
    for first, second in itertools.combinations(drawn, 2):
        assert first.shape == second.shape and (first != second).any()


def test_a_title_is_no_formula():
    def drawn(title):
        chart = charts.Chart(title, (charts.Line("a", 0, (1, 2), (1, 2)),))
        return pixels(charts.draw([chart], "epoch"))

    assert (drawn("$x$") != drawn("x")).any()
    for title in (r"$\frac{$", "$$"):
        assert (drawn(title) != drawn("x")).any()
        assert charts.side_by_side([title], [heat_maps.draw([np.eye(2)], [title])])


def test_long_names_with_the_same_ends_are_two_entries_of_the_legend():
    def height(*labels):
        lines = tuple(charts.Line(label, i, (1, 2), (1, 2)) for i, label in enumerate(labels))
        return len(pixels(charts.draw([charts.Chart("t", lines)], "epoch")))

    long = "x" * 300
    assert height(long, f"{long}x") == height("first name of 30 characters ...", "y" * 40)
    assert height(long, f"{long}x") > height(long)


def test_values_that_are_no_numbers_leave_gaps():
    lines = (
        charts.Line("gap", 0, (1, 2, 3), (1.0, math.nan, 3.0), (0.1, math.nan, math.nan)),
        charts.Line("nothing", 1, (1, 2), (math.inf, math.nan)),
    )
    assert has_color(charts.draw([charts.Chart("t", lines)], "epoch"), charts.COLORS[0])


def test_charts_may_share_their_axes():
    low = charts.Chart("t", (charts.Line("low", 0, (1, 2), (1, 2)),))
    high = charts.Chart("t", (charts.Line("high", 1, (1, 2), (8, 9)),))

    def rows_of(color, share_axes):
        drawn = pixels(charts.draw([low, high], "step", share_axes=share_axes))
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        plotted = drawn[: drawn.shape[0] // 2 + 80]  # above the legend
        return np.flatnonzero((abs(plotted - wanted).max(axis=-1) <= 2).any(axis=1))

    # On separate axes each line crosses the whole chart; on shared axes high is above low.
    first, second = charts.COLORS[:2]
    assert rows_of(first, True).min() > rows_of(second, True).max()
    assert rows_of(first, False).min() < rows_of(second, False).max()
