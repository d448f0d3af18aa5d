"""Answers the paper's claims from the records of the studies: results/README.md.

python -m results.claims
"""

import collections
import importlib
from collections.abc import Sequence
from pathlib import Path

from ivaae_tf.plots.files import save
from pipelines import command_line
from pipelines.command import Command
from results.claim_list import CLAIMS
from results.page import markdown_table
from results.program import ROOT, Study

_COMMAND = Command("results.claims", "", lambda: None)


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
    parts = [_INTRODUCTION, sums, _IN_SHORT]
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

_IN_SHORT = """\
In short, with networks this small and trainings this short:

- On photos with codes of 128 dimensions, WAE-GAN fails, and bridges bring codes nearer to the prior
  than an AAE's.
- On MNIST, radial bridges bring codes nearer to the prior than AAE, WAE-GAN and WAE-MMD at equal
  reconstruction, where this is good. Where it does not matter, WAE-MMD comes nearer than bridges.
- Samples with radial and block-wise bridges are better than those of WAE-MMD in each comparison,
  and about as good as those of AAE and WAE-GAN.
- A new discriminator wins less against bridges than against an AAE (Figure 2).
- SVGD with the paper's bandwidth is worse than AAE and WAE-GAN; with a hundredth of it, it is about
  as good as an AAE.
- Features with bridges do not classify better (Figure 5), and Algorithm 1 as it is printed does not
  train."""

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


if __name__ == "__main__":
    command_line.run(main, _COMMAND)
