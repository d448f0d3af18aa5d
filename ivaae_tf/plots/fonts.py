"""Fonts for names in any script, also for characters that matplotlib's default font lacks."""

import functools
import sys
import unicodedata

import matplotlib
from matplotlib import font_manager


def readable(text: str) -> str:
    r"""Replaces characters that no installed font has by escapes, such as \u732b.

    A warning is printed the first time.
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
    """Returns families of fonts that have the characters of a text, the default fonts first."""
    others = [family for family in map(_family_with, text) if family]
    return [*matplotlib.rcParams["font.family"], *dict.fromkeys(others)]


def width(text: str) -> int:
    """Returns the width of a text in Latin letters."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


@functools.cache
def _family_with(character: str) -> str | None:
    """Returns an installed family with a character, "" for the default fonts, or None."""
    if character == "\n" or ord(character) in _characters(""):
        return ""
    found = (family for family in _others() if ord(character) in _characters(family))
    return next(found, None)


@functools.cache
def _others() -> list[str]:
    """Returns families with an upright font of normal weight, families without serifs first."""
    fonts = font_manager.fontManager.ttflist
    names = {font.name for font in fonts if (font.style, font.weight) == ("normal", 400)}
    return sorted(names, key=lambda name: ("Sans" not in name, name))


@functools.cache
def _characters(family: str) -> frozenset[int]:
    """Returns the code points in the font that matplotlib uses for a family."""
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
