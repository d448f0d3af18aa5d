"""The help of a command: its flags by topic, those that matter most first."""

import contextlib
import textwrap
from collections.abc import Iterator, Sequence

from absl import flags

from pipelines import flagfiles

_WIDTH = 100
_topics: dict[str, str] = {}


@contextlib.contextmanager
def topic(title: str) -> Iterator[None]:
    """Puts the flags that the block defines under a title."""
    before = set(flags.FLAGS)
    yield
    _topics.update(dict.fromkeys(set(flags.FLAGS) - before, title))


def render(module: str, description: str, first: Sequence[str] = ()) -> str:
    """Describes a command and its flags.

    Args:
      module: as absl names the command's own: `sys.argv[0]`.
      description: what the command does.
      first: names of the flags that stand before all others.
    """
    own = {flag.name: flag for flag in flags.FLAGS.get_key_flags_for_module(module)}
    groups = {"Flags that matter most": [own.pop(name) for name in first], "Flags": []}
    for name, flag in own.items():
        groups.setdefault(_topics.get(name, "Flags"), []).append(flag)
    sections = [
        "\n".join([f"{title}:", *map(_entry, members)])
        for title, members in groups.items()
        if members
    ]
    others = (
        "--flagfile=FILE reads flags from a file, or from the one of that name in\n"
        f"{flagfiles.FOLDER}.\n--helpfull lists the flags of libraries, too."
    )
    return "\n\n".join([description.strip(), *sections, others])


def _entry(flag: flags.Flag) -> str:
    negation = "[no]" if flag.boolean else ""
    default = str(flag.default_as_str).strip("'")
    default = f" (default: {default})" if default not in ("None", "") else ""
    text = f"--{negation}{flag.name}: {flag.help}{default}"
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      ")
