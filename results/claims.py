"""Answers the paper's claims from the records of the studies: results/README.md.

python -m results.claims
"""

import collections
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivaae_tf.plots.files import save
from ivaae_tf.program import command_line
from ivaae_tf.program.command import Command
from results.claim_list import CLAIMS, NOT_IN_PAPER, Claim
from results.page import markdown_table
from results.program import ROOT, Study
from results.verdicts import Answer


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
    parts = [_INTRODUCTION, _counts(answers), _IN_SHORT]
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


def _counts(answers: Mapping[Claim, Answer]) -> str:
    """Returns a table of how many claims have each verdict."""
    verdicts = ("confirmed", "refuted", "depends", "open")
    rows = []
    for title, is_of_paper in (("of the paper", True), (NOT_IN_PAPER, False)):
        counts = collections.Counter(
            answer.verdict for claim, answer in answers.items() if claim.is_of_paper == is_of_paper
        )
        rows.append([title, *(str(counts[verdict]) for verdict in verdicts)])
    return markdown_table(["Claims", *verdicts], rows)


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
*refuted* if it is wholly on the other side; and *open* otherwise. A claim about several conditions
is confirmed or refuted if all their numbers say so; it *depends* on them if some confirm and some
refute it. A claim that joins two things with "and" is refuted if one of them is. A ratio below 1
and a difference below 0 are on the claimed side. Claims that are not in the paper are questions
that its users may have. `python -m results.claims` writes this page from the records."""

_IN_SHORT = """\
In short, with networks this small and trainings this short:

- On photos with codes of 128 dimensions and constant learning rates, WAE-GAN fails, and codes of
  radial and block-wise IVAAE are nearer to the prior than those of an AAE. With the decay of the
  paper, pressed into 40 epochs, all four fail.
- On MNIST, at the paper's learning rates, radial IVAAE has codes nearer to the prior than AAE,
  WAE-GAN and WAE-MMD at equal reconstruction error. If any error will do, WAE-MMD comes nearer than
  the IVAAEs.
- With higher learning rates and averages of the weights, radial IVAAE has an FLD below 0.05, with a
  lower reconstruction error than WAE-MMD. AAE, WAE-GAN and SVGD IVAAE come close to it.
- Samples of radial and block-wise IVAAE are better than those of WAE-MMD in each comparison, and
  mostly not told apart from those of AAE and WAE-GAN.
- SVGD IVAAE with the paper's bandwidth is worse than AAE and WAE-GAN at the paper's learning rates,
  and not at a lower rate of D. A hundredth of the bandwidth has an FLD several times lower.
- A new discriminator of its rungs wins less against bridges than against an AAE (Figure 2); one of
  two outputs, which judges all codes alike, does not say so.
- Features of IVAAEs do not classify better (Figure 5), and Algorithm 1 as it is printed does not
  lead codes to the prior."""

_LIMITS = """\
## Limits

- Small networks and images, 20 or 40 epochs in place of 300, MNIST and 20,000 photos of CIFAR-10,
  if nothing else is said. No CelebA: its columns of Tables 1 and 2 are open. A classifier's
  features stand in for those of Inception, so the paper's FID compares in its order alone.
- Ratios compare geometric means of two methods, and differences compare means, by Welch's t-test
  over seeds; an FLD is compared with a fixed number by Student's. If two methods are the same,
  about one interval in 20 will still be on one side by chance; nothing is corrected for that.
- The trade-off, the stability and the bridges have the paper's learning rates, which are [too low
  for 20 epochs](rates/README.md). At these rates two methods are compared on their [fronts of five
  weights](trade_off/README.md), at an SSE that the same runs decide: where the fronts of all seeds
  overlap. These overlaps are narrow for radial IVAAE (SSEs of 43.5 to 45.3 at most), and too narrow
  for block-wise IVAAE, whose rows compare the noise of the SSE. The lowest Fréchet distances of
  radial, block-wise and SVGD IVAAE and of WAE-MMD are at their highest weight, and may be lower
  still beyond it.
- With higher rates each method has the weight of its lowest Fréchet distance at the paper's rates,
  or the same multiple of it, so the reconstruction errors differ. The weights for the goal, an FLD
  of at most 0.05, are chosen from two by the lower FLD. Where that was below 0.05, three more seeds
  [came after the first three](averages/README.md), which also judge alone.
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
  d. There is no interval: every seed of one method must fail, and every seed of the other must not.
- Some trainings are in several studies, with the same seeds, and are not independent evidence:
  those of the bridges with the default settings, and of the stability at d = 16, are in the
  trade-off, too, and one weight of the study of SVGD's bandwidth is in that of the bridges.
- The paper is cited by its tables and figures, not by pages. Theorem 2, that log(t+1) minus the
  cross-entropy is below the Jensen-Shannon divergence, is a test of the program, not a study."""


if __name__ == "__main__":
    command_line.run(Command(main, lambda: None))
