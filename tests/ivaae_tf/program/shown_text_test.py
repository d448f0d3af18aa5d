"""Names of any bytes: one line without what a terminal or a spreadsheet obeys, and no two alike."""

import csv
import io
import itertools
import os
import sys
import unicodedata

import pytest

from ivaae_tf.program.shown_text import escaped, inert, refused_character, shown

HOSTILE = (
    "\x1b]0;title\x07",  # sets the title of a terminal
    "\x9b31m",  # C1: the same as ESC [
    "a\rb\n\x85c\u2028d\u2029e\x0bf\x0cg\x1ch",  # all that ends a line for `str.splitlines`
    "photo\u202egnp.exe",  # reads as photoexe.png
    "\udc80",  # half of a character
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_shown_is_one_line_of_what_can_be_printed(text):
    for show in (escaped, shown, inert):
        assert show(text).isprintable()
        assert len(show(text).splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["猫", "شکر‌", "नमस्ते", "café", "a b", "👩‍👩‍👧", "a\u200fb", "x|`$<"]
)
def test_ordinary_text_of_any_script_stays(text):
    assert escaped(text) == shown(text) == inert(text) == text
    assert escaped(r"a\tb") == r"a\tb"  # it may have been escaped before


def test_no_two_names_are_shown_alike():
    parts = [b"\t", b"\\", b"\\t", b"t", b"x85", b"\x85", b"\xc2\x85", b"\\x85", b"\\\\", b"u0085"]
    names = {b"".join(pair) for pair in itertools.product(parts, repeat=2)}
    assert len({shown(os.fsdecode(name)) for name in names}) == len(names)


def test_bytes_are_told_from_characters():
    assert shown(os.fsdecode(b"\xff\xc3\xa9\x1b")) == r"\xffé\x1b"
    assert shown(os.fsdecode(b"\xc2\x9b")) == r"\u009b"
    assert shown("a\\b") == r"a\\b"


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1.png", "+1.png", "-1.png", "@SUM(1).png", "=cmd|' /C calc'!A0", "＝1+1", "  =1"),
        *("'", "'=1", "''a"),
    ],
)
def test_a_formula_has_an_apostrophe_that_can_be_removed(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+1.5e-3", "-inf", "a=1", "a'b", "", "\\t=1"])
def test_numbers_and_other_texts_are_as_they_were(text):
    assert inert(text) == text


def test_what_a_spreadsheet_would_strip_from_a_formula_is_escaped():
    assert inert("\t=1") == r"\t=1"
    assert inert("\r=1") == r"\r=1"
    assert next(csv.reader(io.StringIO(inert("\n@x")))) == [r"\n@x"]


def test_exactly_control_characters_surrogates_and_line_separators_are_refused():
    """By the categories of Unicode's own table."""
    for code in range(sys.maxunicode + 1):
        is_refused = unicodedata.category(chr(code)) in ("Cc", "Cs", "Zl", "Zp")
        assert (refused_character(f"a{chr(code)}b") is not None) == is_refused, hex(code)


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("a\nb\0", r"\n"),
        ("\x1b[31m", r"\x1b"),
        ("\udcff", r"\xff"),
        ("a\u2028", r"\u2028"),
        ("می\u200cخواهم", None),  # Persian, with the joiner of its spelling
        ("猫\u3000犬", None),
        ("10\xa0000 👩\u200d🔬", None),
    ],
)
def test_the_first_refused_character_is_named(name, character):
    assert refused_character(name) == character
