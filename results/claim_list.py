"""The claims of the paper, and questions of our own, with the studies that answer them."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from ivaae_tf.reporting.paper import DATA_SETS, REPORTED
from results.answers import (
    Question,
    better_features,
    lower,
    lower_with_rates,
    lowest,
    nearer_at_any_sse,
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
from results.program import Study
from results.rates.__main__ import Rates
from results.run import Facts
from results.stability.__main__ import PAPERS, TWO_CLASSES, Stability
from results.trade_off.__main__ import GOAL, TradeOff


@dataclasses.dataclass(frozen=True)
class Claim:
    """A claim of the paper, or one that its users may ask about.

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

    @property
    def is_of_paper(self) -> bool:
        """Whether the paper says so."""
        return not self.source.startswith(NOT_IN_PAPER)


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
NOT_IN_PAPER = "not in the paper"


def _codes_are_nearer(method: str, reference: str) -> str:
    return f"Codes of {_NAMES[method]} are nearer to the prior than those of {_NAMES[reference]}"


def _samples_are_better(method: str, reference: str) -> str:
    return f"Samples of {_NAMES[method]} are better than those of {_NAMES[reference]}"


def _of_paper(table: str, number: str, method: str, reference: str, data_set: str = "mnist") -> str:
    """Returns the table with both of its numbers, or that the paper has none."""
    cells = [REPORTED[data_set].get(each) for each in (method, reference)]
    values = [getattr(cell, number) if cell else None for cell in cells]
    if None in values:
        missing = "AAE" if "aae" in (method, reference) else "legible number"
        return f"{NOT_IN_PAPER}: {table} has no {missing}"
    return f"{table}, {DATA_SETS[data_set]}: {values[0]:g} against {values[1]:g}"


def _trade_off_claims() -> list[Claim]:
    claims = []
    for pair in _PAIRS:
        fld, fid = _of_paper("Table 2", "fld", *pair), _of_paper("Table 1", "fid", *pair)
        nearer = _codes_are_nearer(*pair)
        claims += [
            Claim(f"{nearer}, at equal SSE", fld, TradeOff, nearer_at_equal_sse(*pair)),
            Claim(f"{nearer}, at any SSE", fld, TradeOff, nearer_at_any_sse(*pair)),
            Claim(_samples_are_better(*pair), fid, TradeOff, lowest(_FRECHET, *pair)),
        ]
    return claims


def _bandwidth_claims() -> list[Claim]:
    claims = [
        Claim(
            "SVGD IVAAE has a lower FLD with `--bandwidth_scale=1` than with the paper's 100",
            NOT_IN_PAPER,
            Bridges,
            lower("fld", "ivaae_svgd_h1", "ivaae_svgd", "variant"),
        )
    ]
    for reference in _OTHERS:
        pair = "ivaae_svgd", reference
        nearer = _codes_are_nearer(*pair)
        for text, answer in (
            (f"{nearer}, at equal SSE", nearer_at_equal_sse(*pair)),
            (f"{nearer}, at any SSE", nearer_at_any_sse(*pair)),
            (_samples_are_better(*pair), lowest(_FRECHET, *pair)),
        ):
            question = _beside_others(answer)
            claims.append(Claim(f"{text} (scale 1)", NOT_IN_PAPER, Bandwidth, question))
    return claims


def _beside_others(question: Question) -> Question:
    return lambda records: question(beside_others(records)) if records else question([])


def _claims_with_rates(study: type[Study]) -> list[Claim]:
    return [
        Claim(text(*pair), NOT_IN_PAPER, study, lower_with_rates(score, *pair))
        for score, text in (("fld", _codes_are_nearer), (_FRECHET, _samples_are_better))
        for pair in _PAIRS
    ]


def _goal_claims() -> list[Claim]:
    return [
        Claim(
            f"{_NAMES[method]} has an FLD of at most {GOAL:g} and reconstructs better than WAE-MMD",
            NOT_IN_PAPER,
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
                    NOT_IN_PAPER,
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
    facts: Facts = {"schedule": "constant", "latent_dim": d}
    for method in ("ivaae_radial", "ivaae_blockwise"):
        for score, text in (
            ("fld", _codes_are_nearer(method, "aae")),
            ("reconstruction_sse", f"{_NAMES[method]} reconstructs better than AAE"),
        ):
            answer = lower(score, method, "aae", where=facts)
            claims.append(Claim(f"{text} (constant rates)", NOT_IN_PAPER, Collapse, answer))
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
            NOT_IN_PAPER,
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
    "SVGD with the bandwidth of the median heuristic, `--bandwidth_scale=1`": _bandwidth_claims(),
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
