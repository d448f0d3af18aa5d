"""Names in scripts that the default font lacks, with a font that has only one of the characters."""

import warnings

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from ivaae_tf.plots import charts, fonts

NOWHERE = "\U0010fffd"  # for private use: no font has it


@pytest.fixture
def cat_font(tmp_path, monkeypatch):
    """A font whose only character, 猫, is a square."""
    pen = TTGlyphPen(None)
    for index, point in enumerate([(0, 0), (0, 900), (900, 900), (900, 0)]):
        (pen.lineTo if index else pen.moveTo)(point)
    pen.closePath()
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "cat"])
    font.setupCharacterMap({ord("猫"): "cat"})
    font.setupGlyf({".notdef": pen.glyph(), "cat": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "cat": (1000, 0)})
    font.setupHorizontalHeader(ascent=900, descent=-100)
    font.setupNameTable({"familyName": "A Sans of Cats", "styleName": "Regular"})
    font.setupOS2(usWeightClass=400)
    font.setupPost()
    font.save(tmp_path / "cats.ttf")
    caches = (fonts._family_with, fonts._others, fonts._characters, fonts._warn)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist])
    font_manager.fontManager.addfont(tmp_path / "cats.ttf")
    for cache in caches:
        cache.cache_clear()
    yield "A Sans of Cats"
    for cache in caches:
        cache.cache_clear()


def test_a_character_is_drawn_by_a_font_that_has_it(cat_font):
    usual = fonts.families("run é λ")
    assert fonts.families("run 猫é\n猫") == [*usual, cat_font]
    assert fonts.readable("run 猫é\n猫") == "run 猫é\n猫"


def drawn(name):
    line = charts.Line(name, 0, (1, 2), (1, 2))
    with warnings.catch_warnings(action="error"):
        return charts.draw([charts.Chart(name, (line,))], "epoch")


def test_a_character_of_no_font_is_its_escape_and_a_line_says_so(cat_font, capsys):
    assert drawn(f"猫{NOWHERE}") == drawn(r"猫\U0010fffd")
    assert drawn("猫") != drawn("")
    line = capsys.readouterr().err
    assert line.startswith("warning: no installed font") and line.count("\n") == 1


def test_the_width_is_that_of_a_terminal():
    """Checks the East Asian width of Unicode's annex 11."""
    assert [fonts.width(text) for text in ("", "ab", "é", "猫a", "한국", "ｶ")] == [0, 2, 1, 3, 4, 1]
