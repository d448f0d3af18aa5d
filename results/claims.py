"""Answers the paper's claims from the records of the studies: results/README.md.

python -m results.claims
"""

import collections
import dataclasses
import importlib
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivaae_tf.plots.files import save
from ivaae_tf.reporting.paper import DATA_SETS, REPORTED
from pipelines import command_line
from pipelines.command import Command
from results.answers import (
    Question,
    better_features,
    lower,
    lower_with_rates,
    lowest,
    nearer_at_equal_sse,
    reaches,
    smaller_gradient,
    steadier,
    survives,
)
from results.averages.__main__ import Averages
from results.bandwidth.__main__ import Bandwidth, beside_others
from results.bridges.__main__ import Bridges
from results.collapse.__main__ import SCHEDULES, Collapse
from results.full_size.__main__ import FullSize
from results.page import markdown_table
from results.program import ROOT, Study
from results.rates.__main__ import Rates
from results.stability.__main__ import PAPERS, TWO_CLASSES, Stability
from results.trade_off.__main__ import GOAL, TradeOff

_COMMAND = Command("results.claims", "", lambda: None)


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim of the paper.

    Attributes:
        text: The claim.
        source: Table, figure or section.
        study: The study that is asked.
        answer: Returns its answer from the records of the study.
    """

    text: str
    source: str
    study: type[Study]
    answer: Question


def main(argv: Sequence[str]) -> None:
    """Writes the page."""
    del argv
    write_page(ROOT / "README.md")
    print(ROOT / "README.md")


def write_page(path: Path) -> None:
    """Writes the answers to all claims."""
    studies = _studies()
    records = {type(study): study.records() for study in studies}
    answers = {
        claim: claim.answer(records[claim.study]) for claims in CLAIMS.values() for claim in claims
    }
    counts = collections.Counter(answer.verdict for answer in answers.values())
    sums = f"Of {len(answers)} claims, {counts['confirmed']} are confirmed, {counts['refuted']} "
    sums += f"refuted and {counts['open']} open; {counts['depends']} depend on the conditions."
    parts = [_INTRODUCTION, sums]
    for title, claims in CLAIMS.items():
        rows = []
        for claim in claims:
            answer, name = answers[claim], claim.study.name
            link = f"[{name}]({name}/README.md)"
            text = claim.text[0].upper() + claim.text[1:]
            rows.append([text, claim.source, f"**{answer.verdict}**", answer.evidence, link])
        parts += [
            f"## {title}",
            markdown_table(["Claim", "Where", "Verdict", "Found", "Study"], rows),
        ]
    done = [
        [
            f"[{study.title}]({study.name}/README.md)",
            f"{len(records[type(study)])} of {len(study.runs())}",
        ]
        for study in studies
    ]
    parts += [_LIMITS, "## Studies", markdown_table(["Study", "Runs done"], done)]
    save(path, ("\n\n".join(parts) + "\n").encode())


def _studies() -> list[Study]:
    """Returns all studies, in the order of their names."""
    modules = sorted(ROOT.glob("*/__main__.py"))
    for module in modules:
        importlib.import_module(f"results.{module.parent.name}.__main__")
    return sorted((kind() for kind in Study.__subclasses__()), key=lambda study: study.name)


_INTRODUCTION = """\
# What the paper claims, on real data

Each study trains models, and keeps every number with its conditions. A claim is *confirmed* if the
95 % interval of its number is wholly on the claimed side, with at least three seeds of each method;
*refuted* if it is wholly on the other side; and *open* otherwise. A claim with several numbers is
confirmed or refuted if all of them are. If some confirm it and some refute it, it *depends* on what
is written before each number. A ratio below 1 and a difference below 0 are on the claimed side.
`python -m results.claims` writes this page from the records."""

_LIMITS = """\
## Limits

- Small networks and images, 20 or 40 epochs in place of 300, MNIST and 20,000 photos of CIFAR-10,
  if nothing else is said. No CelebA: its columns of Tables 1 and 2 are open. A classifier's
  features stand in for those of Inception, so the paper's FID compares in its order alone.
- Ratios compare geometric means of two methods, and differences compare means, both by Welch's
  t-test over seeds. One of 20 such intervals is wholly on one side by chance alone, even if two
  methods are the same; nothing is corrected for that.
- The trade-off, the stability and the bridges have the paper's learning rates, which are [too low
  for 20 epochs](rates/README.md). At these rates two methods are compared on their [fronts of five
  weights](trade_off/README.md). The lowest Fréchet distances of radial, block-wise and SVGD IVAAE
  and of WAE-MMD are at their highest weight, and may be lower still beyond it.
- With higher rates each method has the weight of its lowest Fréchet distance at the paper's rates,
  or the same multiple of it, so the reconstruction errors differ. The weights for the goal, an FLD
  of at most 0.05, are chosen by the seeds that they are judged by, of two for each method; radial
  IVAAE, AAE and WAE-MMD got three more seeds [after the first three](averages/README.md).
- One seed at full size, so all claims there are open.
- The cross-entropy of Figure 2, divided by log(t+1), does not compare equal codes: neighboring
  rungs overlap, so with bridges even a perfect discriminator of bad codes stays above 0, and
  without them it does not. That is what bridges are for, but it does not say whose codes are
  better. The rows with a discriminator of two outputs judge all codes alike. At d = 64 all codes
  are far from the prior, with an FLD above d/2, and D of two outputs wins against all of them.
- The gradient of Figure 3 is that of the latent loss for all weights of the encoder. μ₂ is 0.4 with
  bridges, and 1 without. The norm depends on how far the codes are from the prior, too, so these
  rows do not show what bridges do to codes that are equally far.
- WAE-GAN's discriminator starts as in the code of its authors, whose logits are far from 0, and at
  d = 16 it is still worse than a guess after 2,000 steps. At d = 128 it stays so, because log p(z)
  favors narrow codes. Without log p(z), as in the authors' configuration of MNIST, WAE-GAN is the
  AAE of this program.
- A method fails on CIFAR-10 if its codes end with an FLD above d/2, where codes that are all 0 have
  d. Every seed must fail, or not fail; there is no interval.
- Some trainings are in several studies, with the same seeds, and are not independent evidence:
  those of the bridges with the default settings, and of the stability at d = 16, are in the
  trade-off, too.
- The paper is cited by its tables and figures, not by pages. Theorem 2, that log(t+1) minus the
  cross-entropy is below the Jensen-Shannon divergence, is a test of the program, not a study."""


_NAMES = {
    "ivaae_radial": "radial IVAAE",
    "ivaae_blockwise": "block-wise IVAAE",
    "ivaae_svgd": "SVGD IVAAE",
    "aae": "AAE",
    "wae_gan": "WAE-GAN",
    "wae_mmd": "WAE-MMD",
}
_BRIDGED = ("ivaae_radial", "ivaae_blockwise", "ivaae_svgd")
_OTHERS = ("wae_gan", "wae_mmd", "aae")
_PAIRS = tuple(itertools.product(_BRIDGED, _OTHERS))
_FRECHET = "frechet_classifier"
_NOT_IN_PAPER = "not in the paper"


def _codes_are_nearer(method: str, reference: str) -> str:
    return f"Codes of {_NAMES[method]} are nearer to the prior than those of {_NAMES[reference]}"


def _samples_are_better(method: str, reference: str) -> str:
    return f"Samples of {_NAMES[method]} are better than those of {_NAMES[reference]}"


def _of_paper(table: str, number: str, method: str, reference: str, data_set: str = "mnist") -> str:
    """Returns the table with both of its numbers, or that the paper has none."""
    cells = [REPORTED[data_set].get(each) for each in (method, reference)]
    values = [getattr(cell, number) if cell else None for cell in cells]
    if None in values:
        return (
            f"{_NOT_IN_PAPER}: {table} has no {'AAE' if reference == 'aae' else 'legible number'}"
        )
    return f"{table}, {DATA_SETS[data_set]}: {values[0]:g} against {values[1]:g}"


def _trade_off_claims() -> list[Claim]:
    codes = [
        Claim(
            _codes_are_nearer(*pair),
            _of_paper("Table 2", "fld", *pair),
            TradeOff,
            nearer_at_equal_sse(*pair),
        )
        for pair in _PAIRS
    ]
    samples = [
        Claim(
            _samples_are_better(*pair),
            _of_paper("Table 1", "fid", *pair),
            TradeOff,
            lowest(_FRECHET, *pair),
        )
        for pair in _PAIRS
    ]
    return codes + samples


def _bandwidth_claims() -> list[Claim]:
    claims = [
        Claim(
            "SVGD IVAAE has a lower FLD with the bandwidth of the median heuristic "
            "(`--bandwidth_scale=1`) than with the paper's 100",
            _NOT_IN_PAPER,
            Bridges,
            lower("fld", "ivaae_svgd_h1", "ivaae_svgd", "variant"),
        )
    ]
    for reference in _OTHERS:
        pair = "ivaae_svgd", reference
        for text, answer in (
            (_codes_are_nearer(*pair), nearer_at_equal_sse(*pair)),
            (_samples_are_better(*pair), lowest(_FRECHET, *pair)),
        ):
            claims.append(Claim(text, _NOT_IN_PAPER, Bandwidth, _beside_others(answer)))
    return claims


def _beside_others(question: Question) -> Question:
    return lambda records: question(beside_others(records)) if records else question([])


def _claims_with_rates(study: type[Study]) -> list[Claim]:
    return [
        Claim(text(*pair), _NOT_IN_PAPER, study, lower_with_rates(score, *pair))
        for score, text in (("fld", _codes_are_nearer), (_FRECHET, _samples_are_better))
        for pair in _PAIRS
    ]


def _goal_claims() -> list[Claim]:
    return [
        Claim(
            f"{_NAMES[method]} has an FLD of at most {GOAL:g} and reconstructs better than WAE-MMD",
            _NOT_IN_PAPER,
            Averages,
            reaches(GOAL, method, "wae_mmd"),
        )
        for method in (*_BRIDGED, "aae", "wae_gan")
    ]


def _full_size_claims() -> list[Claim]:
    return [
        Claim(
            _codes_are_nearer(*pair),
            _of_paper("Table 2", "fld", *pair),
            FullSize,
            lower("fld", *pair),
        )
        for pair in _PAIRS
    ]


def _stability_claims() -> list[Claim]:
    claims = []
    for reference in ("aae", "wae_gan"):
        for method in ("ivaae_radial", "ivaae_blockwise"):
            names = f"{_NAMES[method]} than with {_NAMES[reference]}"
            gradient = "A new discriminator gives the encoder a smaller gradient"
            for text, source, answer in (
                (
                    f"A new discriminator of its rungs has a higher cross-entropy with {names}",
                    "Figure 2",
                    steadier(method, reference, PAPERS),
                ),
                (
                    f"A new discriminator of two outputs has a higher cross-entropy with {names}",
                    _NOT_IN_PAPER,
                    steadier(method, reference, TWO_CLASSES),
                ),
                (
                    f"{gradient} with {names}, without μ₂",
                    "Figure 3",
                    smaller_gradient(method, reference, is_weighted=False),
                ),
                (
                    f"{gradient} with {names}, with μ₂",
                    "Figure 3",
                    smaller_gradient(method, reference, is_weighted=True),
                ),
            ):
                claims.append(Claim(text, source, Stability, answer))
    return claims


def _collapse_claims() -> list[Claim]:
    d = 128
    claims = [
        Claim(
            f"WAE-GAN fails, {_NAMES[method]} does not ({schedule} rates)",
            _of_paper("Table 2", "fld", method, "wae_gan", "cifar10"),
            Collapse,
            survives(method, "wae_gan", d, schedule),
        )
        for schedule in SCHEDULES
        for method in ("ivaae_radial", "ivaae_blockwise", "aae")
    ]
    facts: dict[str, str | int] = {"schedule": "constant", "latent_dim": d}
    for method in ("ivaae_radial", "ivaae_blockwise"):
        for score, text in (
            ("fld", _codes_are_nearer(method, "aae")),
            ("reconstruction_sse", f"{_NAMES[method]} reconstructs better than AAE"),
        ):
            answer = lower(score, method, "aae", **facts)
            claims.append(Claim(f"{text} (constant rates)", _NOT_IN_PAPER, Collapse, answer))
    return claims


def _bridges_claims() -> list[Claim]:
    features = [
        Claim(
            f"Features of {_NAMES[method]} classify better than those of {_NAMES[reference]}",
            "Figure 5",
            Bridges,
            better_features(method, reference),
        )
        for method, reference in _PAIRS
    ]
    bridges = [
        Claim(
            f"{_NAMES[method]} has a lower FLD with t = 4 than with t = 1, at default μ₂",
            _NOT_IN_PAPER,
            Bridges,
            lower("fld", method, "aae", "variant"),
        )
        for method in _BRIDGED
    ]
    printed = Claim(
        "Algorithm 1 as it is printed (`--encoder_objective=minimax`) has a lower FLD than `prior`",
        "Algorithm 1",
        Bridges,
        lower("fld", "ivaae_radial_minimax", "ivaae_radial", "variant"),
    )
    return [*features, *bridges, printed]


CLAIMS: Mapping[str, Sequence[Claim]] = {
    "MNIST, the paper's learning rates": _trade_off_claims(),
    "SVGD with another bandwidth": _bandwidth_claims(),
    "MNIST, higher learning rates": _claims_with_rates(Rates),
    "MNIST, higher learning rates and averages of the weights": [
        *_claims_with_rates(Averages),
        *_goal_claims(),
    ],
    "MNIST, networks and images of the paper": _full_size_claims(),
    "Stability of the game (MNIST)": _stability_claims(),
    "CIFAR-10, d = 128": _collapse_claims(),
    "Features, bridges and the encoder's objective (MNIST)": _bridges_claims(),
}


if __name__ == "__main__":
    command_line.run(main, _COMMAND)
