"""Trains convolutional models on photos of CIFAR-10 and watches FLD and the game.

python -m results.cifar10_folder --out=cifar10_photos data_batch_*.bin
python -m results.collapse --image_folder=cifar10_photos --num_processes=1
"""

from collections import defaultdict
from collections.abc import Sequence

from ivaae_tf.plots import charts
from results import program
from results.page import Page, number
from results.run import IvaaeRun, Record, Run

METHODS = ("aae", "wae_gan", "ivaae_blockwise", "ivaae_radial")
LATENT_DIMS = (64, 128)
EPOCHS = 40

# Schedule of the learning rates -> flags beside those of `_TRAIN`, and what it is.
SCHEDULES = {
    "compressed": (
        (),
        "Those of the paper in proportion to its 300 epochs: a half, a fifth and a tenth of the "
        "rates before after 4, 7 and 13 epochs.",
    ),
    "constant": (
        ("--lr_decay_epochs=", "--lr_decay_factors="),
        "As in the first 14 of the paper's 300 epochs, which have as many steps: without a decay.",
    ),
}

_TRAIN = (
    "--dataset=folder",
    "--image_size=32",
    "--width=0.125",
    f"--epochs={EPOCHS}",
    "--lr_decay_epochs=4,7,13",
    "--lr_decay_factors=0.5,0.2,0.1",
    "--reconstruction_weight=4",
    "--cache=memory",
    "--evaluate_every=4",
    "--extractor=none",
    "--num_samples=2000",
    "--pictures_every=40",
)


class Collapse(program.Study):
    """Whether WAE-GAN fails at d = 128, and IVAAE does not."""

    name = "collapse"
    title = "Convolutional models on CIFAR-10: stability of training"

    def runs(self) -> list[Run]:
        """Returns the runs, the higher dimension first."""
        return [
            _run(method, d, schedule)
            for schedule in SCHEDULES
            for d in reversed(LATENT_DIMS)
            for method in METHODS
        ]

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the curves and the last values."""
        page.text(
            "20,000 photos of CIFAR-10 (its first two batches, of which a tenth is held out), at "
            "32×32 pixels (the paper: 64×64), the networks of Table 4 at an eighth of their width, "
            f"{EPOCHS} epochs (the paper: 300), λ = 4 for a quarter of the pixels; the weights and "
            "first learning rates of `flags/cifar10_*.flags`. One seed. FLD is that of the codes "
            "of all training photos; that of codes that are all 0 would be d. A JS estimate below "
            "0 is that of a discriminator that is worse than a guess.",
        )
        _add_curves(page, records)
        _add_last(page, records)


_CURVES = {"js_estimate": "JS estimate (nats)", "val_reconstruction_loss": "validation loss"}


def _run(method: str, d: int, schedule: str) -> Run:
    facts = {"method": method, "latent_dim": d, "schedule": schedule, "seed": 0}
    flags = (f"--flagfile=cifar10_{method}", *_TRAIN, f"--latent_dim={d}", "--seed=0")
    of_schedule, _ = SCHEDULES[schedule]
    name = f"{method}_d{d}{'_constant' if of_schedule else ''}_seed0"
    return IvaaeRun(name, facts, (("train", *flags, *of_schedule),))


def _add_curves(page: Page, records: Sequence[Record]) -> None:
    groups: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.fact("schedule"), record.fact("latent_dim")].append(record)
    for (schedule, d), group in groups.items():
        panels = [
            charts.Chart(title, tuple(_history(record, name) for record in group), is_linear=True)
            for name, title in _CURVES.items()
        ]
        panels.append(charts.Chart("FLD", tuple(map(_fld, group))))
        page.text(f"## d = {d}, {schedule} learning rates", SCHEDULES[schedule][1])
        page.figure(
            f"curves_{d}_{schedule}",
            charts.draw(panels, "epoch"),
            f"Over the epochs, d = {d}, {schedule}.",
        )


def _history(record: Record, name: str) -> charts.Line:
    method = str(record.fact("method"))
    epochs = list(record.outcome.history)
    values = [record.outcome.history[epoch][name] for epoch in epochs]
    return charts.Line(method, METHODS.index(method), epochs, values)


def _fld(record: Record) -> charts.Line:
    method = str(record.fact("method"))
    scores = [score for score in record.outcome.scores if score.name == "fld"]
    epochs, values = [score.epoch or 0 for score in scores], [score.value for score in scores]
    return charts.Line(method, METHODS.index(method), epochs, values)


def _add_last(page: Page, records: Sequence[Record]) -> None:
    rows = []
    for record in records:
        facts = record.run.facts
        flds = [score.value for score in record.outcome.scores if score.name == "fld"]
        rows.append(
            [
                *(str(facts[name]) for name in ("method", "latent_dim", "schedule")),
                number(record.score("reconstruction_sse").value, 3),
                number(flds[-1], 3),
                number(min(flds), 3),
                number(record.outcome.history[EPOCHS]["js_estimate"], 3),
            ]
        )
    page.text("## After the last epoch")
    page.table(["method", "d", "learning rates", "SSE", "FLD", "lowest FLD", "JS estimate"], rows)


if __name__ == "__main__":
    program.run(Collapse())
