"""What a report says, before it becomes a page or Markdown."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class File:
    """A file that lies beside the page.

    Attributes:
        name: Of the file, without a folder.
        content: What is in it.
    """

    name: str
    content: bytes


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What it says.
        note: What stands smaller below it.
        strong: Whether it is set off from the other cells.
        is_command: Whether it is a command, for a terminal.
    """

    text: str
    note: str = ""
    strong: bool = False
    is_command: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is the row's header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclasses.dataclass(frozen=True)
class Image:
    """A picture within a figure.

    Attributes:
        png: The picture.
        description: What a person who cannot see it is told.
        caption: What stands below it; empty where the picture says it itself.
        is_chart: Whether it is ink on paper, of which a dark page may show the negative.
    """

    png: bytes
    description: str
    caption: str = ""
    is_chart: bool = False


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure: one picture as a file, and the parts that a page lays out by its width.

    Attributes:
        picture: PNG of all parts.
        parts: The same, one by one.
        data: What was drawn, as CSV or PNG files.
        caption: What a reader needs to know.
    """

    picture: File
    parts: tuple[Image, ...]
    data: tuple[File, ...]
    caption: str


@dataclasses.dataclass(frozen=True)
class Fold:
    """Blocks that are opened by whoever wants them."""

    summary: str
    blocks: tuple["Block", ...]


Block = Paragraph | Table | Figure | Fold


@dataclasses.dataclass(frozen=True)
class Section:
    """Blocks under a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclasses.dataclass(frozen=True)
class Report:
    """The whole."""

    title: str
    introduction: str
    sections: tuple[Section, ...]

    def files(self) -> list[File]:
        """Returns the pictures and data of all figures."""
        figures = [
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Figure)
        ]
        return [file for figure in figures for file in (figure.picture, *figure.data)]
