"""Fonts for names in any script, which the usual font of figures may not have."""

import functools
import sys
import unicodedata

import matplotlib
from matplotlib import font_manager


def readable(text: str) -> str:
    r"""Returns a text in which characters that no installed font has are escapes, such as \u732b.

    The first time, a line says so.
    """
    shown = "".join(
        character.encode("ascii", "backslashreplace").decode("ascii")
        if _family_with(character) is None
        else character
        for character in text
    )
    if shown != text:
        _warn()
    return shown


def families(text: str) -> list[str]:
    """Returns families of fonts that have the characters of a text, the usual ones first."""
    others = [family for family in map(_family_with, text) if family]
    return [*matplotlib.rcParams["font.family"], *dict.fromkeys(others)]


def width(text: str) -> int:
    """Returns the width of a text in that of a Latin letter."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


@functools.cache
def _family_with(character: str) -> str | None:
    """Returns an installed family with a character, "" for the usual ones, or None."""
    if character == "\n" or ord(character) in _characters(""):
        return ""
    found = (family for family in _others() if ord(character) in _characters(family))
    return next(found, None)


@functools.cache
def _others() -> list[str]:
    """Returns the families with an upright font of normal weight, those without serifs first."""
    fonts = font_manager.fontManager.ttflist
    names = {font.name for font in fonts if (font.style, font.weight) == ("normal", 400)}
    return sorted(names, key=lambda name: ("Sans" not in name, name))


@functools.cache
def _characters(family: str) -> frozenset[int]:
    """Returns what the font that matplotlib takes for a family can draw."""
    try:
        path = font_manager.findfont(font_manager.FontProperties(family=family or None))
        font = font_manager.get_font(path)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (OSError, RuntimeError, ValueError):  # The file is gone or damaged.
        return frozenset()


@functools.cache
def _warn() -> None:
    print(
        "warning: no installed font has some characters of names, which figures show as \\u…; "
        "install one, such as Noto Sans CJK",
        file=sys.stderr,
    )
