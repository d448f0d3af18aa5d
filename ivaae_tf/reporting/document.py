"""The content of a report, independent of its format."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class File:
    """A file in the folder of the page; its name does not contain a folder."""

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
        text: Its main text.
        note: Smaller text below it.
        strong: Whether the text is bold.
        is_command: Whether the text is a command for a terminal.
    """

    text: str
    note: str = ""
    strong: bool = False
    is_command: bool = False


@dataclasses.dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclasses.dataclass(frozen=True)
class Image:
    """A picture within a figure.

    Attributes:
        png: The picture.
        description: Text for people who cannot see the picture.
        caption: Text below it; empty if the picture contains it.
        is_chart: Whether it is dark on white, so that a dark page may show the negative.
    """

    png: bytes
    description: str
    caption: str = ""
    is_chart: bool = False


@dataclasses.dataclass(frozen=True)
class Figure:
    """One picture as a file, and its parts, which a page arranges by its width.

    Attributes:
        picture: PNG of all parts.
        parts: The parts as separate pictures.
        data: The drawn data, as CSV or PNG files.
        caption: Text below the figure.
    """

    picture: File
    parts: tuple[Image, ...]
    data: tuple[File, ...]
    caption: str


@dataclasses.dataclass(frozen=True)
class Fold:
    """Blocks that are hidden until the reader opens them."""

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
    """A whole report."""

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
