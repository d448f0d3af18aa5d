import sys
import unicodedata

import pytest

from pipelines import names


def test_exactly_control_characters_surrogates_and_line_separators_are_refused():
    """By the categories of Unicode's own table."""
    for code in range(sys.maxunicode + 1):
        is_refused = unicodedata.category(chr(code)) in ("Cc", "Cs", "Zl", "Zp")
        assert (names.refused_character(f"a{chr(code)}b") is not None) == is_refused, hex(code)


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("a\nb\0", r"\n"),
        ("\x1b[31m", r"\x1b"),
        ("\udcff", r"\udcff"),
        ("a\u2028", r"\u2028"),
        ("می\u200cخواهم", None),  # Persian, with the joiner of its spelling
        ("猫\u3000犬", None),
        ("10\xa0000 👩\u200d🔬", None),
    ],
)
def test_the_first_refused_character_is_named(name, character):
    assert names.refused_character(name) == character
