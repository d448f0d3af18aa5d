"""A report as Markdown: its sections, tables and figures, which show any text as it is."""

import dataclasses
import html
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from ivaae_tf.program.shown_text import escaped

# Characters with a meaning in Markdown, its tables, mathematics or HTML.
_SPECIAL = re.compile(r"([\\`*_\[\]<>&|#~$])")


@dataclasses.dataclass(frozen=True)
class Figure:
    """A picture with its caption, and the data that it shows; `str` returns its Markdown.

    Attributes:
        name: Name of the picture's file, without a folder.
        png: The picture.
        description: Text for people who cannot see the picture.
        caption: Text below the picture.
        data: Name of a file -> CSV or PNG.
    """

    name: str
    png: bytes
    description: str
    caption: str
    data: Mapping[str, bytes]

    def __str__(self) -> str:
        links = ", ".join(f"[{escape(name)}]({name})" for name in self.data)
        picture = f"![{escape(self.description)}]({self.name})"
        return f"{picture}\n\n{escape(self.caption)}\n\nData: {links}"


Block = str | Figure  # A str is Markdown.


@dataclasses.dataclass(frozen=True)
class Report:
    """A whole report; `str` returns its Markdown.

    Attributes:
        title: Its title, a text.
        introduction: A text.
        sections: Title -> blocks.
    """

    title: str
    introduction: str
    sections: Mapping[str, Sequence[Block]]

    def __str__(self) -> str:
        parts = [f"# {escape(self.title)}", escape(self.introduction)]
        for title, blocks in self.sections.items():
            parts += [f"## {escape(title)}", *map(str, blocks)]
        return "\n\n".join(parts) + "\n"

    def files(self) -> dict[str, bytes]:
        """Returns name -> content of the pictures and data of all figures."""
        files: dict[str, bytes] = {}
        for block in itertools.chain.from_iterable(self.sections.values()):
            if isinstance(block, Figure):
                files |= {block.name: block.png, **block.data}
        return files


def escape(text: str) -> str:
    """Returns Markdown that shows a text as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", escaped(" ".join(text.split())))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table of a header, which is text, and rows of cells, which are Markdown."""
    lines = [[escape(text) for text in header], ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str, note: str = "", strong: bool = False) -> str:
    """Returns a cell: a text, which may be bold, and a note in small print below it."""
    shown = f"**{escape(text)}**" if strong else escape(text)
    return f"{shown}<br><small>{escape(note)}</small>" if note else shown


def command(text: str) -> str:
    """Returns a command for a terminal; within backticks, a backtick could not be escaped."""
    return f"<code>{escape(text)}</code>"


def fold(summary: str, *blocks: str) -> str:
    """Returns blocks that are hidden until the reader opens them."""
    inside = "\n\n".join(blocks)
    return f"<details><summary>{html.escape(summary)}</summary>\n\n{inside}\n\n</details>"
