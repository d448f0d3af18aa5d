"""Trains convolutional and residual networks on CIFAR-10 for about the same time.

python -m results.residual --manual_dir=cifar10 --num_processes=1
"""

from collections.abc import Sequence

from results import program
from results.page import Page, ratio, spread
from results.run import Facts, IvaaeRun, Record, Run, log_scores
from results.statistics import Interval

EPOCHS = 10
SEEDS = (0, 1, 2)

# Network -> width and learning rates of E, G and D. At these widths a step takes the same time on
# two cores: 0.78 s of processor time for 128 photos in color, both networks measured in turn.
NETWORKS = {
    "convolutional": ("0.3125", ("1e-3", "1e-3", "5e-4")),  # the paper's learning rates
    "residual": ("0.125", ("1e-3", "1e-3", "5e-4")),
    "residual, low learning rates": ("0.125", ("2e-4", "2e-4", "2e-4")),
}
_SCORES = ("reconstruction_sse", "fld", "frechet_classifier")
_TRAIN = (
    *("--flagfile=cifar10_ivaae_radial", "--image_size=32", "--reconstruction_weight=4"),
    *(f"--epochs={EPOCHS}", "--lr_decay_epochs=", "--lr_decay_factors=", "--ema_decay=0.999"),
    *("--cache=memory", "--evaluate_every=0", "--pictures_every=1000"),
)


class Residual(program.Study):
    """Whether residual networks are better for the same time."""

    name = "residual"
    title = "Residual against convolutional networks on CIFAR-10"

    def runs(self) -> list[Run]:
        """Returns a run of each network and seed, seed by seed."""
        return [_run(name, seed) for seed in SEEDS for name in NETWORKS]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        conv, *others = (_of(records, name) for name in NETWORKS)
        ratios = []
        for each in others:
            for score in _SCORES:
                logs = Interval.between(log_scores(each, score), log_scores(conv, score))
                ratios.append(f"{score} {ratio(logs)}")
        return (
            "at equal time, the scores of the residual networks divided by the convolutional "
            f"networks' are, with the high and with the low learning rates: {', '.join(ratios)}."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the table of the scores and of the measured times."""
        page.text(
            "Radial IVAAE on CIFAR-10 at 32×32 pixels, 128 dimensions, the paper's weights and "
            f"{EPOCHS} epochs without decay, averaged weights. The widths are chosen so that "
            "steps take the same time on two cores. The residual networks are also trained at "
            "lower learning rates, because they have no batch normalization. The Fréchet distance "
            "is in the features of a classifier of these photos: it is not FID.",
        )
        rows = [
            [
                *(name, NETWORKS[name][0], ", ".join(NETWORKS[name][1])),
                *(spread([each.score(score).value for each in group], 3) for score in _SCORES),
                str(len(group)),
            ]
            for name in NETWORKS
            if (group := _of(records, name))
        ]
        header = ["networks", "width", "learning rates of E, G, D"]
        page.table([*header, "SSE", "FLD", "Fréchet distance", "seeds"], rows)


def _of(records: Sequence[Record], name: str) -> list[Record]:
    return [record for record in records if record.fact("networks") == name]


def _run(name: str, seed: int) -> Run:
    width, rates = NETWORKS[name]
    facts: Facts = {"networks": name, "seed": seed}
    parts = zip(("encoder", "decoder", "discriminator"), rates, strict=True)
    flags = [f"--learning_rate_{part}={rate}" for part, rate in parts]
    network, *_ = name.split(",")
    train = ("train", *_TRAIN, f"--network={network}", f"--width={width}", *flags)
    evaluate = ("evaluate", "--num_samples=10000")
    folder = f"{name.replace(', ', '_').replace(' ', '_')}_seed{seed}"
    return IvaaeRun(folder, facts, ((*train, f"--seed={seed}"), evaluate))


if __name__ == "__main__":
    program.run(Residual())
