"""A report as Markdown, with its pictures and data as files in the same folder."""

import re

from ivaae_tf.program.shown_text import escaped
from ivaae_tf.reporting.document import Block, Cell, Figure, Fold, Paragraph, Report, Table

# Characters with a meaning in Markdown, its tables, mathematics or HTML.
_SPECIAL = re.compile(r"([\\`*_\[\]<>&|#~$])")


def to_markdown(report: Report) -> str:
    """Returns the Markdown text of a report."""
    parts = [f"# {escape(report.title)}", escape(report.introduction)]
    for section in report.sections:
        parts.append(f"## {escape(section.title)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Returns text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", escaped(" ".join(text.split())))


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return escape(text)
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)
        case Fold(summary, blocks):
            inside = "\n\n".join(_block(each) for each in blocks)
            return f"<details><summary>{escape(summary)}</summary>\n\n{inside}\n\n</details>"


def _table(table: Table) -> str:
    lines = [
        _row([escape(text) for text in table.header]),
        _row(["---"] * len(table.header)),
        *(_row([_cell(cell) for cell in row]) for row in table.rows),
    ]
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.strong:
        text = f"**{text}**"
    if cell.is_command:
        text = f"<code>{text}</code>"  # a backtick in a path cannot be escaped within backticks
    return f"{text}<br><small>{escape(cell.note)}</small>" if cell.note else text


def _figure(figure: Figure) -> str:
    described = " ".join(part.description for part in figure.parts)
    files = ", ".join(f"[{escape(file.name)}]({file.name})" for file in figure.data)
    picture = f"![{escape(described)}]({figure.picture.name})"
    return f"{picture}\n\n{escape(figure.caption)}\n\nData: {files}"
