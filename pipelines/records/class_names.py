"""Checks the names of classes before TFDS stores them."""

import collections
from collections.abc import Sequence

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.shown_text import refused_character


def check_class_names(names: Sequence[str], source: str, what: str) -> None:
    """Checks that TFDS, whose file of names has a line for each, will read them back unchanged.

    Args:
        names: The names of the classes, by their labels.
        source: The flag of the data, for the message.
        what: What the user can rename, such as "subfolders".

    Raises:
        UserError: If a name would be changed or lost, or several are equal.
    """
    found = [
        f"{name!r} ({count} times)" if count > 1 else repr(name)
        for name, count in collections.Counter(names).items()
        if count > 1 or not name or name != name.strip() or refused_character(name)
    ]
    if found:
        raise UserError(
            f"{source} has classes whose names cannot be stored: {', '.join(found)}; rename these "
            f"{what}: expected different names, each in one line and without spaces at its ends"
        )
