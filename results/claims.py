"""Writes results/README.md and results/claims.csv from the records of all studies.

python -m results.claims
"""

import importlib
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ivaae_tf.plots.files import save, to_csv
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from results import claim_figures
from results.bandwidth.__main__ import Bandwidth, beside_others
from results.claim_table import CLAIMS
from results.judge import Comparison, compare
from results.page import markdown_table, number
from results.program import ROOT, Study
from results.questions import TEXTS, Evidence, shown, summary
from results.run import Record


def main(argv: Sequence[str]) -> None:
    """Writes the page."""
    del argv
    write_page(ROOT)
    print(ROOT / "README.md")


def write_page(folder: Path) -> None:
    """Writes the page, its figures and the table of all comparisons."""
    records = {type(study): study.records() for study in _studies()}
    records[Bandwidth] = beside_others(records[Bandwidth])
    evidence = Evidence(compare(CLAIMS, records), records)
    for name, png in claim_figures.all_figures(evidence).items():
        save(folder / f"{name}.png", png)
    save(folder / "claims.csv", _csv(evidence.comparisons))
    save(folder / "README.md", ("\n\n".join(_parts(evidence)) + "\n").encode())


def _parts(evidence: Evidence) -> list[str]:
    rows, sections = [], []
    for index, question in enumerate(TEXTS["questions"], start=1):
        key, answer, certainty, found = (
            evidence.fill(question[name]) for name in ("key", "answer", "certainty", "found")
        )
        title = f"{index}. {question['title']}"
        rows.append([title, answer, certainty, f"[{key}](#{_anchor(title)})"])
        own = [each for each in evidence.comparisons if each.claims.question == key]
        sections += [f"## {title}", f"![{answer}]({key}.png)", found, *_details(own)]
    return [
        "# Did the paper's claims hold?",
        summary(evidence.records),
        markdown_table(["Question", "Short answer", "How sure", "Figure"], rows),
        evidence.fill(TEXTS["rules"]),
        *sections,
        "## Studies",
        "\n".join(_item(study, evidence.records[type(study)]) for study in _studies()),
        "## Limits",
        "\n".join(f"- {evidence.fill(limit)}" for limit in TEXTS["limits"]),
    ]


def _item(study: Study, records: Sequence[Record]) -> str:
    """Returns the item of a study in the list, with its progress if runs are missing."""
    count, missing = len(study.runs()), len(study.missing(records))
    progress = f", {count - missing} of {count} runs" if missing else ""
    return f"- [{study.title}]({study.name}/README.md){progress}"


def _anchor(title: str) -> str:
    """Returns the address of a heading within the page, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _details(comparisons: Sequence[Comparison]) -> list[str]:
    """Returns tables of comparisons that open on a click, one for each quantity."""
    if not comparisons:
        return []
    parts = [f"<details><summary>{len(comparisons)} comparisons</summary>"]
    for claims, group in itertools.groupby(comparisons, key=lambda each: each.claims):
        study = claims.study.name
        parts += [f"{claims.quantity} ([{study}]({study}/README.md)):", _table(list(group))]
    return [*parts, "</details>"]


def _table(comparisons: Sequence[Comparison]) -> str:
    # The one with the most conditions has their order.
    most_first = sorted(comparisons, key=lambda each: -len(each.intervals))
    conditions = list(dict.fromkeys(name for each in most_first for name in each.intervals))
    rows = [
        [
            each.label,
            f"{each.source.direction}: {each.source.text}",
            *(shown(each, name) if name in each.intervals else "–" for name in conditions),
            number(each.adjusted_p),
            each.verdict,
        ]
        for each in comparisons
    ]
    titles = [name or "value" for name in conditions]
    return markdown_table(["", "claim", *titles, "p, corrected", "verdict"], rows)


def _csv(comparisons: Sequence[Comparison]) -> bytes:
    """Returns a table with a row for each comparison and condition."""
    rows = []
    for each in comparisons:
        for condition, interval in each.intervals.items():
            values = interval.exp if each.claims.is_ratio else interval
            rows.append(
                [
                    *(each.claims.question, each.claims.quantity, each.claims.study.name),
                    *(each.method, each.reference, condition),
                    *each.source[::-1],
                    *map(_four_digits, values[:3]),
                    " ".join(map(str, each.seeds[condition])),
                    *map(_four_digits, (interval.p, each.p, each.adjusted_p)),
                    each.verdict,
                ]
            )
    header = (
        *("question", "quantity", "study", "method", "reference", "condition", "claim", "whose"),
        *("value", "low", "high", "seeds", "p", "p_of_claim", "p_corrected", "verdict"),
    )
    return to_csv(header, rows)


def _four_digits(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _studies() -> list[Study]:
    """Returns all studies, in the order of their names."""
    modules = sorted(ROOT.glob("*/__main__.py"))
    for module in modules:
        importlib.import_module(f"results.{module.parent.name}.__main__")
    return sorted((kind() for kind in Study.__subclasses__()), key=lambda study: study.name)


if __name__ == "__main__":
    command_line.run(Command(main))
