"""Writes the pages of docs/reference that are made from the code.

python -m docs.write_reference
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ivaae_tf.commands import COMMANDS
from ivaae_tf.methods import METHODS, Method
from ivaae_tf.program import flagfiles

FOLDER = Path(__file__).parent / "reference"
_ROOT = FOLDER.parents[1]

# Name of a data set, or nothing for our own -> heading of its flagfiles.
_GROUPS = {
    "": "Start here",
    "mnist": "MNIST",
    "celeb_a": "CelebA",
    "cifar10": "CIFAR-10",
}


def main() -> None:
    """Writes all pages."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")
        print(path)


def pages() -> dict[Path, str]:
    """Returns the text of each page."""
    methods = FOLDER / "methods.md"
    cli = {FOLDER / "cli" / f"{name}.md": _command_page(name) for name in COMMANDS}
    return {
        **cli,
        FOLDER / "cli" / "index.md": _command_index(COMMANDS),
        FOLDER / "flagfiles.md": _flagfile_page(),
        methods: _with_block(methods.read_text("utf-8"), "methods", _method_table()),
    }


def _command_index(commands: Mapping[str, str]) -> str:
    lines = [f"- [`ivaae {name}`]({name}.md): {purpose}" for name, purpose in commands.items()]
    return "\n".join(
        [
            "# Commands",
            "",
            "```console",
            "ivaae                  # lists the commands",
            "ivaae help COMMAND     # lists the flags of a command",
            "```",
            "",
            *lines,
            "",
            "Flags are written `--name=value`, with underscores or dashes; a later flag replaces "
            "an earlier one. A flag of a truth value is `--name` or `--noname`. "
            "`--flagfile=NAME` reads [a flagfile](../flagfiles.md).",
            "",
        ]
    )


def _command_page(name: str) -> str:
    """Returns the page of a command, whose flags a separate process defines."""
    help_page = subprocess.run(
        [sys.executable, "-m", "ivaae_tf", name, "--help"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    parts = [f"# `ivaae {name}`"]
    for paragraph in help_page.strip("\n").split("\n\n"):
        title, _, entries = paragraph.partition(":\n")
        if entries.startswith("  --"):
            parts.append(f"## {title}")
            parts.append("\n".join(map(_entry, re.split(r"\n(?=  --)", entries))))
        elif not paragraph.startswith("--flagfile="):
            is_code = paragraph.startswith("    ")
            parts.append(paragraph if is_code else _with_code(paragraph))
    return "\n\n".join(parts) + "\n"


def _entry(text: str) -> str:
    """Returns a list item with a flag, its choices, and its help with default and range."""
    flag, _, rest = " ".join(text.split()).partition(": ")
    choices = re.match(r"<(.*?)>: ", rest)
    allowed, rest = (f" (`{choices[1]}`)", rest[choices.end() :]) if choices else ("", rest)
    return f"- `{flag}`{allowed}: {_with_code(rest)}"


def _with_code(text: str) -> str:
    """Returns a text of one paragraph in Markdown; flags become code."""
    parts = text.replace("<", r"\<").split("`")
    parts[::2] = [re.sub(r"--\w[\w=./:,+]*\w", r"`\g<0>`", part) for part in parts[::2]]
    return "`".join(parts)


def _flagfile_page() -> str:
    names = sorted(path.stem for path in flagfiles.FOLDER.glob("*.flags"))
    rows: dict[str, list[str]] = {data_set: [] for data_set in _GROUPS}
    for name in names:
        data_set = next((each for each in _GROUPS if each and name.startswith(each)), "")
        rows[data_set].append(_flagfile_row(name))
    parts = [
        "# Flagfiles",
        "```console\nivaae train --flagfile=NAME --workdir=runs/NAME\n```",
        "`--flagfile=NAME` finds these from any folder; `--flagfile=PATH` reads your own. A later "
        "flag replaces a flagfile's. `ivaae list flagfiles` lists them. Numbers of other papers "
        "come from other networks.",
    ]
    for data_set, title in _GROUPS.items():
        table = ["| Flagfile | What it is | Its flags |", "|---|---|---|", *rows[data_set]]
        parts += [f"## {title}", "\n".join(table)]
    return "\n\n".join(parts) + "\n"


def _flagfile_row(name: str) -> str:
    path = flagfiles.FOLDER / f"{name}.flags"
    lines = path.read_text("utf-8").splitlines()
    head = [line[1:].strip() for line in _until_flags(lines) if not line.startswith("#   ")]
    title = flagfiles.purpose(path)
    facts = _with_code(" ".join(head).removeprefix(title).lstrip(":. "))
    own = " ".join(f"`{line}`" for line in lines if line.startswith("--"))
    return f"| `{name}` | **{title}.** {facts} | {own} |"


def _until_flags(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("--"):
            return
        yield line


def _method_table() -> str:
    header = ("`--method`", "Intervention", "Divergence", "t", "μ₂", "Posterior", "κ")
    header += ("Likelihood", "Ω", "ρ", "Sampler")
    rows = [header, ("---",) * len(header)]
    rows += [_method_row(name, method) for name, method in METHODS.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _method_row(name: str, method: Method) -> tuple[str, ...]:
    weight = "2/(t+1)" if method.latent_weight is None else f"{method.latent_weight:g}"
    if method.system != "autoencoder":
        terms = ("–",) * 5
    else:
        terms = (
            method.posterior,
            f"{method.posterior_weight:g}",
            method.likelihood,
            method.decoder_regularizer,
            f"{method.regularizer_weight:g}",
        )
    return (
        f"`{name}`",
        method.intervention if method.has_bridges and method.intervention else "–",
        method.divergence,
        str(method.default_num_bridges),
        weight,
        *terms,
        method.sampler,
    )


def _with_block(text: str, name: str, block: str) -> str:
    """Returns a text with a block between its two comments."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, rest = text.split(begin)
    return f"{before}{begin}{block}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    main()
