"""A report as one HTML page that needs no network, no script and no other file."""

import base64
import html
import itertools
import struct
from collections.abc import Mapping
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt

from ivaae_tf.reporting.markdown import Report

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

# HTML, because folds and small print have no Markdown; all other text is escaped.
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "xhtmlOut": False}).enable("table")


def to_html(report: Report) -> str:
    """Returns the HTML page of a report."""
    files, contents, sections = report.files(), [], []
    for index, (title, blocks) in enumerate(report.sections.items(), start=1):
        heading, text = html.escape(title), "\n\n".join(map(str, blocks))
        contents.append(f'<li><a href="#section-{index}">{heading}</a></li>')
        sections.append(
            f'<section id="section-{index}">\n<h2>{heading}</h2>\n{_render(text, files)}</section>'
        )
    return _PAGE.substitute(
        generator=GENERATOR,
        title=html.escape(report.title),
        introduction=html.escape(report.introduction),
        style=Path(__file__).with_name("page.css").read_text("utf-8"),
        contents="\n".join(contents),
        sections="\n".join(sections),
    )


def _render(markdown: str, files: Mapping[str, bytes]) -> str:
    """Returns HTML that contains the files which the Markdown shows or links to."""
    tokens = _MARKDOWN.parse(markdown)
    for token in itertools.chain.from_iterable(block.children or () for block in tokens):
        if token.type == "image":
            png = files[str(token.attrs["src"])]
            # Pictures have two pixels per point; the width is in the first chunk of a PNG.
            width = struct.unpack(">I", png[16:20])[0] // 2
            token.attrs |= {"src": _data_uri(png, "image/png"), "width": width}
        elif token.type == "link_open":
            name = str(token.attrs["href"])
            kind = "image/png" if name.endswith(".png") else "text/csv"
            token.attrs |= {"href": _data_uri(files[name], kind), "download": name}
    page = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    # tabindex, so that the keyboard can scroll it.
    page = page.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    return page.replace("</table>", "</table></div>")


def _data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def is_report(folder: Path) -> bool:
    """Returns whether a folder has a report's page."""
    index = folder / "index.html"
    return index.is_file() and GENERATOR in index.read_text("utf-8", "replace")[:1000]
