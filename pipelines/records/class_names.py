"""Names of classes, which TFDS stores in a text file: a line for each label."""

import collections
import tempfile
from collections.abc import Sequence

import tensorflow_datasets as tfds

from ivaae_tf.program.errors import UserError
from ivaae_tf.program.shown_text import refused_character


def check(names: Sequence[str], source: str, what: str) -> None:
    """Checks that TFDS reads the names back as they are, so that each label keeps its own.

    Args:
        names: The names of the classes, by their labels.
        source: The flag of the data, for the message.
        what: What the user can rename, such as "subfolders".

    Raises:
        UserError: If a name is changed or lost, or several are equal.
    """
    if _read_back(names) == list(names) and not any(map(refused_character, names)):
        return
    counts = collections.Counter(names)
    found = [
        f"{name!r} ({count} times)" if count > 1 else repr(name)
        for name, count in counts.items()
        if count > 1 or refused_character(name) or _read_back([name]) != [name]
    ]
    raise UserError(
        f"{source} has classes whose names cannot be stored: {', '.join(found)}; "
        f"rename these {what}: expected different names, each in one line and without spaces at "
        "its ends"
    )


def _read_back(names: Sequence[str]) -> list[str]:
    """Returns the names that TFDS reads after it has written these; none if it refuses them."""
    label = tfds.features.ClassLabel
    with tempfile.TemporaryDirectory() as folder:
        try:
            label(names=names).save_metadata(folder, "label")
            return label(names_file=label.get_names_filepath(folder, "label")).names
        except ValueError:  # Equal names, or text that is not Unicode.
            return []
