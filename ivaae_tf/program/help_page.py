"""The help of a command: its most important flags, then the others by topic."""

import contextlib
import textwrap
from collections.abc import Iterator, Sequence

from absl import flags

from ivaae_tf.program import flagfiles

_WIDTH = 100
_topics: dict[str, str] = {}


@contextlib.contextmanager
def topic(title: str) -> Iterator[None]:
    """Lists the flags that the block defines under a title."""
    before = set(flags.FLAGS)
    yield
    _topics.update(dict.fromkeys(set(flags.FLAGS) - before, title))


def render(names: Sequence[str], description: str, first: Sequence[str] = ()) -> str:
    """Returns the help of a command and its flags.

    Args:
        names: Names of its flags.
        description: The text above the flags.
        first: Names of the flags that are listed first.
    """
    own = {name: flags.FLAGS[name] for name in names}
    groups = {"Flags that matter most": [own.pop(name) for name in first], "Flags": []}
    for name, flag in own.items():
        groups.setdefault(_topics.get(name, "Flags"), []).append(flag)
    sections = [
        "\n".join([f"{title}:", *map(_entry, members)])
        for title, members in groups.items()
        if members
    ]
    others = (
        "--flagfile=FILE reads flags from a file, or from the flagfile of that name in\n"
        f"{flagfiles.FOLDER}.\n--helpfull also lists the flags of libraries."
    )
    return "\n\n".join([description.strip(), *sections, others])


def _entry(flag: flags.Flag) -> str:
    negation = "[no]" if flag.boolean else ""
    default = str(flag.default_as_str).strip("'")
    default = f" (default: {default})" if default not in ("None", "") else ""
    help_text = flag.help.replace("|", " | ")  # so that lines can break between the choices
    text = f"--{negation}{flag.name}: {help_text}{default}"
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      ")
