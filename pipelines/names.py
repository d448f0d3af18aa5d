"""What may be in a name: of a path, a label or a class."""

import re

# Control characters, surrogates (bytes that are not UTF-8), and separators of lines: what would
# break a line of a table. Letters of all scripts, joiners and spaces are allowed.
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def refused_character(text: str) -> str | None:
    r"""Returns the first character that must not be in a name, such as "\n" escaped, or None."""
    found = _REFUSED.search(text)
    return ascii(found[0])[1:-1] if found else None
