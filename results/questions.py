"""Texts of results/README.md, with numbers from the comparisons and records."""

import dataclasses
import re
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from results.averages.__main__ import Averages
from results.cifar10_controls.__main__ import (
    Cifar10Controls,
    estimates,
    groups_of,
    reached,
    values_at,
)
from results.collapse.__main__ import EPOCHS
from results.full_size.__main__ import BEST_WEIGHTS
from results.judge import Comparison
from results.outliers.__main__ import Outliers, by_detector
from results.page import difference, number, ratio
from results.program import Study
from results.rates.__main__ import by_cell
from results.run import Record, mean_score

# The questions, and the texts before and after them.
TEXTS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All comparisons, and the records of the studies.

    Attributes:
        comparisons: The comparisons.
        records: Study -> its records.
    """

    comparisons: Sequence[Comparison]
    records: Mapping[type[Study], Sequence[Record]]

    def fill(self, text: str) -> str:
        """Returns a text in one line, with its numbers."""
        return re.sub(r"\{(.*?)\}", lambda key: self._number(key[1]), " ".join(text.split()))

    def _number(self, key: str) -> str:
        first, *others = (part.strip() for part in key.split("|"))
        match first:
            case "p":
                return number(self._comparison(*others).adjusted_p)
            case "count":
                return str(sum(np.isfinite(each.adjusted_p) for each in self.comparisons))
            case "photos":
                values = values_at(self._on_photos(*others), "fld", EPOCHS)
                return number(float(np.mean(values)))
            case "estimate":
                return number(float(np.mean(estimates(self._on_photos(*others)))))
            case "reached":
                return ", ".join(map(reached, self._on_photos(*others)))
            case "averaged":
                weight = 3 * BEST_WEIGHTS[others[0]]
                (group,) = (
                    group
                    for cell, group in by_cell(self.records[Averages]).items()
                    if (cell.method, cell.weight) == (others[0], weight)
                )
                return number(mean_score(group, "fld"), 3)
            case "auroc":
                of_digits = by_detector(self.records[Outliers], "auroc")[others[0]]
                return number(float(np.mean(list(of_digits.values()))))
        return shown(self._comparison(first, *others[:2]), "".join(others[2:]))

    def _on_photos(self, name: str) -> Sequence[Record]:
        """Returns the runs of a method or variant on CIFAR-10."""
        return groups_of(self.records[Cifar10Controls])[name]

    def _comparison(self, *key: str) -> Comparison:
        """Returns the comparison of a quantity and two methods."""
        (found,) = (
            each
            for each in self.comparisons
            if (each.claims.quantity, each.method, each.reference) == key
        )
        return found


def summary(records: Mapping[type[Study], Sequence[Record]]) -> str:
    """Returns what the studies found, in one paragraph, from `Averages` and `Cifar10Controls`.

    Records of the same methods in `Collapse` are read, too.
    """
    text = Evidence((), records).fill(TEXTS["summary"])
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def shown(comparison: Comparison, condition: str) -> str:
    """Returns mean [low, high] of a comparison under a condition."""
    interval = comparison.intervals[condition]
    return ratio(interval) if comparison.claims.is_ratio else difference(interval)
