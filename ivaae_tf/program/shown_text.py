"""Text of others, such as names of files and classes, as people can read it safely in one line."""

import os
import re

# Control characters, which terminals obey; what ends a line for some readers; surrogates, which are
# bytes that are not UTF-8. Letters of all scripts, joiners and spaces are allowed in names.
_REFUSED = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
# Also embeddings, overrides and isolates of direction, which reorder the rest of a line.
_UNSAFE = re.compile(f"[{_REFUSED}\u202a-\u202e\u2066-\u2069]")
# The wide forms, too: some spreadsheets of East Asia take them for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def refused_character(name: str) -> str | None:
    r"""Returns the first character that must not be in a name, such as "\n" escaped, or None."""
    found = re.search(f"[{_REFUSED}]", name)
    return escaped(found[0]) if found else None


def escaped(text: str) -> str:
    r"""Returns text with escapes such as \x1b and \u2028 instead of what is not safe to show.

    What is safe stays, backslashes too, so text that was escaped before does not change.
    """
    return _UNSAFE.sub(_escape, text)


def shown(name: str) -> str:
    r"""Returns a file's name, of any bytes, as one line; each name as another one.

    A byte that is not UTF-8 becomes an escape such as \xff, a backslash two.
    """
    text = os.fsencode(name).decode("utf-8", "surrogateescape")
    return escaped(text.replace("\\", "\\\\"))


def inert(text: str) -> str:
    """Returns text for a cell of a table that spreadsheets open: in one line, and no formula.

    A text that begins with = + - @ or an apostrophe gets an apostrophe before it, unless it is a
    number. To remove the first apostrophe of a cell gives the text back.
    """
    text = escaped(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _escape(found: re.Match) -> str:
    character = ord(found[0])
    if 0xDC80 <= character <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{character - 0xDC00:02x}"
    if character < 0x80:
        return _SHORT.get(found[0], f"\\x{character:02x}")
    return f"\\u{character:04x}"
