"""Configuration of the site: `make docs`.

The source folder is the repository, so that pages link to results, benchmarks and other files.
"""

import re
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT))

import ivaae_tf  # noqa: E402

project = "ivaae"
author = copyright = "The ivaae_tf developers"
release = version = ivaae_tf.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = [
    "docs/**.md",
    "*.md",
    "results/**.md",
    "benchmarks/*.md",
    "examples/tour.ipynb",
]
exclude_patterns = [".*", "README.md", "docs/_build", "runs"]
root_doc = "docs/index"
html_theme = "furo"
html_title = f"ivaae {version}"
html_use_index = html_domain_indices = False  # No page links to them; the search finds each name.
smartquotes = False  # It would make a dash of --.

myst_heading_anchors = 3
nb_execution_mode = "off"  # The notebook has its outputs.

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_numpy_docstring = False
napoleon_use_rtype = False  # What a function returns begins with words, not with a type.

# Names of other packages, and of exceptions without their module.
nitpick_ignore_regex = [
    ("py:class", r"collections\.abc\..*|The default t"),
    ("py:exc", r"msgspec\..*|UserError|SettingsError|DamagedFileError|UnknownClassError"),
]

# Pages whose links are also the navigation of the site.
_CONTENTS = (
    *("docs/index", "docs/reference/cli/index", "docs/reference/api/index"),
    *("results/README", "benchmarks/README"),
)
_PAGE = re.compile(r"\]\(([\w./-]+)\.(?:md|ipynb)\)")


def _add_navigation(app: object, name: str, source: list[str]) -> None:
    """Adds a hidden table of contents to a page of links, for each of its sections."""
    del app
    if name not in _CONTENTS:
        return
    introduction, *sections = re.split(r"^(?=## )", source[0], flags=re.MULTILINE)
    seen: set[str] = set()
    for section in sections or [introduction]:
        title = section.partition("\n")[0].removeprefix("## ") if sections else ""
        links = [
            link
            for link in dict.fromkeys(_PAGE.findall(section))
            if link not in seen and (name == root_doc or not link.startswith("../"))
        ]
        seen.update(links)
        if links:
            caption = [f":caption: {title}"] if title else []
            source[0] += "\n".join(
                ["", "```{toctree}", ":hidden:", *caption, "", *links, "```", ""]
            )


def _from_markdown(
    app: object, kind: str, name: str, documented: object, options: object, lines: list[str]
) -> None:
    """Turns a docstring's code and other marks from Markdown to reStructuredText."""
    del app, kind, name, documented, options
    for index, line in enumerate(lines):
        parts = line.split("`")
        parts[::2] = [re.sub(r"[*|]|(?<=\w)_(?!\w)", r"\\\g<0>", part) for part in parts[::2]]
        lines[index] = "``".join(parts)


def setup(app: object) -> None:
    """Connects the functions above, the second before the extension of docstrings."""
    app.connect("source-read", _add_navigation)  # type: ignore[attr-defined]
    app.connect("autodoc-process-docstring", _from_markdown, priority=100)  # type: ignore[attr-defined]
