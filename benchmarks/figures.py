"""Figures of a benchmark: printed, written to a JSON file, and read for the summary."""

import dataclasses
import datetime
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import processor_name
from ivaae_tf.program.atomic_files import replace_when_complete

_PACKAGES = ("tensorflow", "keras", "numpy", "torch", "pythae")
_HEADER = ("Benchmark", "Topic", "Side", "Median", "Quartiles", "Unit", "Ratio")


@dataclasses.dataclass(frozen=True)
class Figure:
    """A measured quantity of one side of a comparison.

    Attributes:
        topic: The comparison.
        side: The program or variant that was measured.
        unit: Unit of the median and the quartiles.
        median: The median of the measured values.
        quartiles: The first and the third quartile; None for a single value.
        ratio: The median divided by the median of the topic's reference; None without one.
    """

    topic: str
    side: str
    unit: str
    median: float
    quartiles: tuple[float, float] | None = None
    ratio: float | None = None

    @classmethod
    def of(
        cls, topic: str, side: str, unit: str, values: Sequence[float], reference: float | None
    ) -> "Figure":
        """Returns the figure of measured values, at least one."""
        low, median, high = (float(value) for value in np.quantile(values, [0.25, 0.5, 0.75]))
        quartiles = (low, high) if len(values) > 1 else None
        return cls(topic, side, unit, median, quartiles, median / reference if reference else None)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Figure":
        """Returns the figure that `dataclasses.asdict` and JSON have stored."""
        quartiles = stored["quartiles"] and tuple(stored["quartiles"])
        return cls(**{**stored, "quartiles": quartiles})

    def cells(self) -> tuple[str, ...]:
        """Returns the cells of the figure's row, beginning with the topic."""
        quartiles = " to ".join(map(_number, self.quartiles)) if self.quartiles else ""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return self.topic, self.side, _number(self.median), quartiles, self.unit, ratio


class Figures:
    """The figures of one run of a benchmark, with their conditions.

    Args:
        benchmark: Name of the program.
        data: The images that were used, or None.
    """

    def __init__(self, benchmark: str, data: str | None = None):
        self.benchmark = benchmark
        self._data = data
        self._figures: list[Figure] = []
        self._load = os.getloadavg()[0]
        self._start = time.perf_counter()
        print(f"{benchmark}: {processor_name()}" + (f"; {data}" if data else ""), flush=True)

    def add(
        self,
        topic: str,
        unit: str,
        values: Mapping[str, float | Sequence[float]],
        reference: str | None = None,
    ) -> None:
        """Adds the measured values of all sides of a topic, and prints a line for each.

        Args:
            topic: The comparison.
            unit: Unit of the values.
            values: Side -> its values, or a single value.
            reference: The side whose median divides all medians.
        """
        arrays = {side: np.atleast_1d(each) for side, each in values.items()}
        divisor = float(np.median(arrays[reference])) if reference else None
        for side, array in arrays.items():
            figure = Figure.of(topic, side, unit, array, divisor)
            self._figures.append(figure)
            _, _, median, quartiles, _, ratio = figure.cells()
            spread = f" ({quartiles})" if quartiles else ""
            times = f", ratio {ratio}" if ratio else ""
            print(f"  {topic}: {side}: {median} {unit}{spread}{times}", flush=True)

    def write(self, path: str | os.PathLike | None) -> None:
        """Writes the figures and their conditions to a JSON file; None writes nothing."""
        if path is None:
            return
        stored = {
            "benchmark": self.benchmark,
            "processor": processor_name(),
            "data": self._data,
            "arguments": sys.argv[1:],
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "seconds": time.perf_counter() - self._start,
            "load_average_at_start": self._load,
            "versions": {"python": platform.python_version(), **_versions()},
            "figures": [dataclasses.asdict(figure) for figure in self._figures],
        }
        with replace_when_complete(path) as temporary:
            temporary.write_text(json.dumps(stored, indent=1, allow_nan=False) + "\n", "utf-8")


def read(path: Path) -> dict[str, Any] | None:
    """Returns what `Figures.write` stored, with `Figure` objects; None for another file."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        return {**stored, "figures": [Figure.from_json(each) for each in stored["figures"]]}
    except (ValueError, KeyError, TypeError):
        return None


def table(benchmarks: Iterable[Mapping[str, Any]]) -> str:
    """Returns the figures of several benchmarks, results of `read`, as one Markdown table."""
    rows = [_HEADER, tuple("---" for _ in _HEADER)]
    for stored in benchmarks:
        rows += [(stored["benchmark"], *figure.cells()) for figure in stored["figures"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _number(value: float) -> str:
    """Returns three significant digits, or all digits of the integer part."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _versions() -> dict[str, str]:
    installed = {each.name for each in importlib.metadata.distributions()}
    return {name: importlib.metadata.version(name) for name in _PACKAGES if name in installed}
