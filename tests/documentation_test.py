"""The notebook runs; pages have the right links, words, numbers and messages."""

import ast
import re
from pathlib import Path

import jupytext
import matplotlib.pyplot as plt
import nbformat
import pytest

import ivaae_tf
from docs import write_reference
from ivaae_tf import layers

ROOT = Path(__file__).parents[1]
DOCS, README = ROOT / "docs", ROOT / "README.md"
PAGES = [
    *(README, ROOT / "BUILD.md"),
    *(path for path in sorted(DOCS.glob("**/*.md")) if "_build" not in path.parts),
]
OTHER_PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")),
    *sorted(ROOT.glob("results/**/README.md")),
]


def _name(path):
    return str(path.relative_to(ROOT))


SCRIPT, NOTEBOOK = ROOT / "examples" / "tour.py", ROOT / "examples" / "tour.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_is_made_of_the_script(notebook):
    script = jupytext.read(SCRIPT)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in script.cells
    ]
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    kinds = {each.output_type for each in outputs}
    assert kinds == {"display_data", "stream"}
    assert {each.name for each in outputs if each.output_type == "stream"} == {"stdout"}


def test_the_cells_of_the_notebook_run(notebook, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()) or plt.close())
    names = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, NOTEBOOK.name, "exec"), names)
    pictures = [
        each
        for cell in notebook.cells
        for each in cell.get("outputs", ())
        if each.output_type == "display_data"
    ]
    assert len(shown) == len(pictures) == 5
    # The codes follow the prior, and the defects are found.
    assert names["score"].value < 0.3
    assert names["found"] > 0.7
    assert "of the defects cost more" in capsys.readouterr().out


def _text(path):
    """Returns a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _anchors(path):
    """Returns the anchors of a page's headings, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.*)", _text(path), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", title)) for title in titles)
    return {each.strip().lower().replace(" ", "-") for each in words}


@pytest.mark.parametrize("page", [*PAGES, *OTHER_PAGES], ids=_name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", _text(page)) + re.findall(r'src="([^"]+)"', _text(page))
    for link in links:
        path, _, anchor = link.partition("#")
        if "://" not in link:
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_pages_are_short(page):
    most_lines = 160 if page.name == "README.md" else 200
    assert len(page.read_text("utf-8").splitlines()) <= most_lines


def test_each_page_is_linked_from_an_index():
    linked = {
        (index.parent / link).resolve()
        for index in (ROOT / "docs").glob("**/index.md")
        for link in re.findall(r"\]\(([^)#]+\.md)\)", index.read_text("utf-8"))
    }
    assert {page for page in PAGES if DOCS in page.parents} - {DOCS / "index.md"} <= linked


@pytest.mark.parametrize("page", sorted(DOCS.glob("how-to/*.md")), ids=_name)
def test_a_how_to_begins_with_a_command_and_ends_with_links(page):
    text = page.read_text("utf-8")
    assert re.match(r"# .*\n\n```(sh|console)\n", text)
    assert "\n## " not in text.partition("## See also\n")[2]
    assert "](" in text.partition("## See also\n")[2]


def test_the_reference_is_that_of_the_code():
    """`python -m docs.write_reference` writes it."""
    pages = write_reference.pages()
    for path, text in pages.items():
        assert path.read_text("utf-8") == text, path
    assert set((DOCS / "reference" / "cli").glob("*.md")) <= set(pages)


def test_the_recommendations_of_readme_have_the_numbers_of_the_records():
    """They are on docs/how-to/choose-a-method.md, which another test compares with the records."""
    rows = re.findall(r"--flagfile=(best_\w+).*", README.read_text("utf-8"))
    assert sorted(rows) == sorted(path.stem for path in (ROOT / "flags").glob("best_*.flags"))
    known = (DOCS / "how-to" / "choose-a-method.md").read_text("utf-8")
    texts = [path.read_text("utf-8") for path in (ROOT / "flags").glob("best_*.flags")]
    texts += re.findall(r"--flagfile=best_.*", README.read_text("utf-8"))
    for text in texts:
        for number in re.findall(
            r"(?:distance(?: of)?|SSE(?: of)?|FLD(?: of)?|AAE:) (\d[\d.]*)", text
        ):
            assert number.rstrip(".") in known, number


def test_the_messages_of_the_troubleshooting_page_are_those_of_the_program():
    """… on the page stands for what the program fills in."""
    sources = [*ROOT.glob("ivaae_tf/**/*.py"), *ROOT.glob("pipelines/**/*.py")]
    messages = "\n".join(message for path in sources for message in _messages(path))
    page = (DOCS / "how-to" / "troubleshooting.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.*?)(?<!\\) \|", page, re.MULTILINE)
    assert len(rows) >= 25
    for shown in re.findall(r"`([^`]+)`", "\n".join(rows)):
        parts = filter(None, (part.strip() for part in shown.split("…")))
        pattern = "[^\n]*".join(map(re.escape, parts))
        assert re.search(pattern, messages) or "Unknown command line flag" in shown, shown


def _messages(path):
    """Yields the texts of a module, with … for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = (getattr(part, "value", "…") for part in node.values)
            yield "".join(part if isinstance(part, str) else "…" for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_pages_of_the_api_have_all_public_names():
    text = "".join(path.read_text("utf-8") for path in DOCS.glob("reference/api/*.md"))
    for name in set(ivaae_tf.__all__) - set(layers.__all__):
        assert f":: ivaae_tf.{name}\n" in text, name
    for name in layers.__all__:
        assert f":: ivaae_tf.layers.{name}\n" in text, name
