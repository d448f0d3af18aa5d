"""The project's text has none of the words that CONTRIBUTING.md replaces."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Files and folders whose text is checked, as patterns of `Path.glob`.
ROOMS = ("*.md", "benchmarks", "docs", "examples", "flags")
ROOMS += ("ivaae_tf", "pipelines", "results", "tests")
# The first line of a docstring names the thing, or begins with a verb.
QUESTION = re.compile(r"(What|How|Where|Which|Who|When|Why)\b")
# Phrase, as a regular expression between word boundaries -> what to write.
WORDS = {
    r"(go|goes|going|gone|went) on": "resume, continue",
    r"(ends?|ended|stops?) (with|in) (a|one)( \w+)? line": "exit with an error",
    r"(file|flag|folder|record|image|process|value)s? (is|are) named( and\b|[,;.])": "is reported",
    r"takes? (a|an|any|no|the|one) (file|folder|path|flag|argument)s?": "accept",
    r"as [\w.` ]+ takes? (it|them)|draw(s|n|ing)? (new |better )?(images|photos|samples)": (
        "accept; sample, generate"
    ),
    r"judg(e|es|ed|ing)": "evaluate, score",
    r"(lead|leads|led|leading) (its |the |all )?codes|(is|are|was|were) led": "push codes towards",
    r"(tell|tells|told|telling)( [\w-]+){0,5} apart": "distinguish, classify",
    r"(higher|lower|equal|same|paper's|authors'|all|the|these|our|its) rates(?! of)": (
        "learning rates"
    ),
    r"some (ten|twenty|hundred|nine|\d[\d,]*) \w+s": "about ten",
    r"in place of|in (its|their) (place|stead)|takes? (its|their) place": "instead of",
    r"but for (?!the (first|sake))\w+": "except",
    r"anew": "again, new",
    r"(?<!so )(that|those) of": "the repeated noun",
    r"(?<!there )(is|are|was|were) no (?!(longer|more|less|fewer|larger|smaller|higher|lower)\b)"
    r"(?!(better|worse|slower|faster)\b)[a-z]+": "is not a",
    r"tells? (so|how|what|which|whether|where|from|it)": "report, show",
    r"knows? (of|nothing)": "contain, use",
    r"hold(s|ing)? \w+( \w+)? alone": "take an exclusive lock",
    r"from nothing(?! to)": "from scratch",
    r"by heart": "memorize",
    r"for good(?! \w)": "permanently",
    r"of the clock": "wall-clock time",
    r"strangers?('s)?": "untrusted",
    r"whoever": "anyone who, regardless of who",
    r"(lies|lie|stands|stand) in(?! for)": "is in, is stored in",
    r"can mean (something|anything)": "is valid",
    r"is odd": "outlier",
}
PATTERNS = {re.compile(rf"\b({phrase})", re.IGNORECASE): WORDS[phrase] for phrase in WORDS}


def _files():
    found = {path for room in ROOMS for top in ROOT.glob(room) for path in (top, *top.rglob("*"))}
    kinds = (".py", ".md", ".flags", ".html", ".js")
    return sorted(
        path
        for path in found - {Path(__file__)}
        if path.suffix in kinds and not {"golden", "_build"} & set(path.parts)
    )


def _texts(path):
    """Yields the strings and comments of Python, or the text of another file."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        nodes = ast.walk(ast.parse(text))
        yield from (node.value for node in nodes if isinstance(node, ast.Constant))
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = {each.start[0]: each.string for each in tokens if each.type == tokenize.COMMENT}
        # Comments on neighboring lines are one text.
        text = "".join(f"{'' if n - 1 in comments else '¶'}\n{comments[n]}" for n in comments)
    if path.name == "CHANGELOG.md":  # Released sections stay as they are.
        text = "\n## ".join(text.split("\n## ")[:2])
    if path.name == "CONTRIBUTING.md":  # The table contains the words.
        text = re.sub(r"^\|.*", "", text, flags=re.MULTILINE)
    yield re.sub(r"^\s*(#|//) ", "", text, flags=re.MULTILINE)


def _docstrings(path):
    if path.suffix == ".py":
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, documented):
                yield ast.get_docstring(node) or ""


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_words(path):
    found = [
        f"“{text[max(0, each.start() - 30) : each.end() + 30]}”: write {better}"
        for text in (" ".join(str(text).split()) for text in _texts(path))
        for pattern, better in PATTERNS.items()
        for each in pattern.finditer(text)
    ]
    found += [f"“{each.splitlines()[0]}”" for each in _docstrings(path) if QUESTION.match(each)]
    assert not found, "\n".join(found)
