"""Trains the flagfile `photos` with other learning rates of the discriminator and weights.

python -m results.cifar10_folder --out=cifar10_photos data_batch_*.bin
python -m results.photos_settings --image_folder=cifar10_photos
"""

from collections.abc import Sequence
from typing import NamedTuple

from results import program
from results.page import Page, fld_of_prior, score_cell, score_difference, score_ratio
from results.run import IvaaeRun, Record, Run, grouped

SEEDS = (0, 1, 2)
_EPOCHS = 10


class Settings(NamedTuple):
    """Settings that differ between the runs.

    Attributes:
        rate: Learning rate of the discriminator.
        weight: μ₂.
    """

    rate: str
    weight: str

    def __str__(self) -> str:
        return f"a rate of {self.rate} and a weight of {self.weight}"


# The most informative first: the first of all has the paper's rate and three times 2/(t+1).
FIRST = Settings("5e-4", "1.2")
CELLS = (
    *(FIRST, Settings("2e-3", "1.2"), Settings("2e-3", "0.4"), Settings("5e-3", "1.2")),
    *(Settings("5e-4", "0.4"), Settings("1e-3", "1.2")),
)

_TRAIN = (
    *("--flagfile=photos", "--image_size=32", "--width=0.125", "--reconstruction_weight=4"),
    *(f"--epochs={_EPOCHS}", "--cache=memory", "--evaluate_every=0", "--pictures_every=100"),
)


class PhotosSettings(program.Study):
    """The discriminator's learning rate and the weight for photos."""

    name = "photos_settings"
    title = "The discriminator's learning rate and the weight for photos"

    def runs(self) -> list[Run]:
        """Returns the runs, cell by cell."""
        return [_run(cell, seed) for cell in CELLS for seed in SEEDS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = _groups(records)
        texts = [f"{score_ratio(groups[cell], groups[FIRST], 'fld')} with {cell}" for cell in CELLS]
        return f"FLD, divided by the FLD with {FIRST}, is {', '.join(texts[1:])}."

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the scores and the comparisons with the first settings."""
        page.text(
            "The flagfile `photos` (radial bridges, d = 64, averaged weights) on 20,000 photos of "
            "CIFAR-10, of which a tenth is held out, at 32×32 pixels (`--reconstruction_weight=4` "
            f"for a quarter of the pixels) and an eighth of the width of Table 4. {_EPOCHS} epochs "
            "have 1,800 steps, as 50 epochs of 4,000 photos have. The encoder's and the decoder's "
            "learning rates are 1e-3.",
            "A rule, written before the first of these runs: the flagfile takes the settings with "
            f"the lowest mean FLD among those whose SSE is not significantly above the SSE with "
            f"{FIRST}.",
            "## Scores",
            f"Mean ± standard deviation over seeds. The ratio and the difference are to {FIRST}, "
            "with 95 % intervals by Welch's t-test.",
        )
        groups = _groups(records)
        first = groups.get(FIRST, [])
        rows = []
        for cell in sorted(groups, key=lambda cell: (float(cell.rate), float(cell.weight))):
            group, beside = groups[cell], ["–", "–"]
            if first and cell != FIRST:
                beside = [
                    score_ratio(group, first, "fld"),
                    score_difference(group, first, "reconstruction_sse"),
                ]
            scores = (score_cell(group, each) for each in ("fld", "reconstruction_sse"))
            rows.append([*cell, *scores, *beside])
        header = ["D's learning rate", "weight", "FLD", "SSE", "FLD, ratio", "SSE, difference"]
        page.table(header, rows)
        if first:
            page.text(f"As many samples of the prior have an FLD of {fld_of_prior(first[0])}.")


def _groups(records: Sequence[Record]) -> dict[Settings, list[Record]]:
    return {
        Settings(*map(str, key)): group for key, group in grouped(records, "rate", "weight").items()
    }


def _run(cell: Settings, seed: int) -> Run:
    flags = (f"--learning_rate_discriminator={cell.rate}", f"--latent_weight={cell.weight}")
    train = ("train", *_TRAIN, *flags, f"--seed={seed}")
    commands = (train, ("evaluate", "--extractor=none", "--num_samples=1000"))
    facts = {**cell._asdict(), "seed": seed}
    return IvaaeRun(f"rate{cell.rate}_weight{cell.weight}_seed{seed}", facts, commands)


if __name__ == "__main__":
    program.run(PhotosSettings())
