"""A report as one HTML page that needs no network, no script and no other file."""

import base64
import html
import struct
from pathlib import Path
from string import Template

from ivaae_tf.reporting.document import (
    Block,
    Cell,
    Figure,
    File,
    Fold,
    Image,
    Paragraph,
    Report,
    Table,
)

GENERATOR = '<meta name="generator" content="ivaae_tf.commands.report">'

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
$generator
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none';
  form-action 'none'">
<title>$title</title>
<style>
$style</style>
</head>
<body>
<header>
<h1>$title</h1>
<p>$introduction</p>
<nav aria-label="Contents"><ul>
$contents
</ul></nav>
</header>
<main>
$sections
</main>
<footer><p>Written by ivaae report. Its folder has the figures and data as files.</p></footer>
</body>
</html>
""")

_SMALL_WIDTH = 400  # Pixels; narrower pictures are enlarged without smoothing.


def to_html(report: Report) -> str:
    """Returns the HTML page of a report."""
    sections = list(enumerate(report.sections, start=1))
    return _PAGE.substitute(
        generator=GENERATOR,
        title=html.escape(report.title),
        introduction=html.escape(report.introduction),
        style=Path(__file__).with_name("page.css").read_text("utf-8"),
        contents="\n".join(
            f'<li><a href="#section-{index}">{html.escape(section.title)}</a></li>'
            for index, section in sections
        ),
        sections="\n".join(
            f'<section id="section-{index}">\n<h2>{html.escape(section.title)}</h2>\n'
            f"{_blocks(section.blocks)}\n</section>"
            for index, section in sections
        ),
    )


def _blocks(blocks: tuple[Block, ...]) -> str:
    return "\n".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)
        case Fold(summary, blocks):
            return (
                f"<details><summary>{html.escape(summary)}</summary>\n{_blocks(blocks)}\n</details>"
            )


def _table(table: Table) -> str:
    header = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in table.header)
    rows = "\n".join(
        f'<tr><th scope="row">{_cell(first)}</th>'
        + "".join(f"<td>{_cell(cell)}</td>" for cell in others)
        + "</tr>"
        for first, *others in table.rows
    )
    # tabindex, so that the keyboard can scroll it.
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{header}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _cell(cell: Cell) -> str:
    text = html.escape(cell.text)
    if cell.strong:
        text = f"<strong>{text}</strong>"
    if cell.is_command:
        text = f"<code>{text}</code>"
    return text + (f"<small>{html.escape(cell.note)}</small>" if cell.note else "")


def _figure(figure: Figure) -> str:
    parts = "\n".join(_image(part) for part in figure.parts)
    # Data that are pictures are already on the page as parts of the figure.
    tables = [file for file in figure.data if file.name.endswith(".csv")]
    files = "\n".join(f"<li>{_download(file)}</li>" for file in tables)
    return (
        f'<figure><div class="parts">\n{parts}\n</div>\n'
        f"<figcaption>{html.escape(figure.caption)}</figcaption>\n"
        + (f'<ul class="files">\n{files}\n</ul>' if files else "")
        + "</figure>"
    )


def _image(image: Image) -> str:
    width, height = struct.unpack(">II", image.png[16:24])  # in the first chunk of a PNG
    classes = " ".join(
        name
        for name, applies in (("chart", image.is_chart), ("small", width < _SMALL_WIDTH))
        if applies
    )
    caption = f"<figcaption>{html.escape(image.caption)}</figcaption>" if image.caption else ""
    return (
        f'<figure><img src="{_data_uri(image.png, "image/png")}" width="{width}" '
        f'height="{height}" class="{classes}" alt="{html.escape(image.description)}">'
        f"{caption}</figure>"
    )


def _download(file: File) -> str:
    name = html.escape(file.name)
    return f'<a download="{name}" href="{_data_uri(file.content, "text/csv")}">{name}</a>'


def _data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def is_report(folder: Path) -> bool:
    """Returns whether a folder has a report's page."""
    index = folder / "index.html"
    return index.is_file() and GENERATOR in index.read_text("utf-8", "replace")[:1000]
