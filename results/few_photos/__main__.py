"""Trains on 500 photos from scratch, and from the weights of a run on 9,000 others.

python -m results.few_photos --manual_dir=cifar10 --num_processes=1
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ivaae_tf.plots import charts
from ivaae_tf.program.errors import UserError
from ivaae_tf.runs.directory import RunDirectory
from results import program
from results.page import Page, fld_of_prior, number, spread
from results.run import Command, Facts, IvaaeRun, Outcome, Record, Run, grouped

SEEDS = (0, 1, 2)
MANY_EPOCHS, FEW_EPOCHS = 40, 400
EPOCHS_SHOWN = (5, 10, 25, 50, 100, 200, 400)

_PHOTOS = "results.few_photos.photos"
_BASE = "many"
_FROM_SCRATCH, _FROM_BASE = "scratch", "the run on 9,000"  # random weights, or the run's weights
_TRAIN = (
    *("--flagfile=photos", "--dataset=array", "--image_size=32", "--width=0.125"),
    *("--reconstruction_weight=4", "--cache=memory", "--evaluate_every=0"),
    "--pictures_every=100",
)


@dataclasses.dataclass(frozen=True)
class PhotosRun(IvaaeRun):
    """A run on photos in its own folder."""

    def arguments(self, command: Command, folder: Path) -> list[str]:
        """Returns the command with its paths.

        Raises:
            UserError: If it begins with weights that are not there yet.
        """
        name, *flags = command
        if name == _PHOTOS:
            return [name, *flags, f"--out={folder / 'photos.npy'}"]
        if name == "train":
            flags.append(f"--array={folder / 'photos.npy'}")
        if name == "train" and self.facts["begins_with"] == _FROM_BASE:
            base = folder.parent / _BASE
            if max(RunDirectory(base).read_history(), default=0) < MANY_EPOCHS:
                raise UserError(f"{base} is not trained to its end; give --num_processes=1")
            flags.append(f"--init_from={base}")
        return super().arguments((name, *flags), folder)

    def outcome(self, folder: Path) -> Outcome:
        """Returns what the commands have written, without the place of the first run's folder."""
        outcome = super().outcome(folder)
        init_from = outcome.settings["init_from"]
        named = {**outcome.settings, "init_from": init_from and Path(init_from).name}
        return dataclasses.replace(outcome, settings=named)


class FewPhotos(program.Study):
    """The value of another run's weights for training on few photos."""

    name = "few_photos"
    title = "500 photos: from scratch, or from another run's weights"

    def runs(self) -> list[Run]:
        """Returns the run on many photos, and then those on few, seed by seed."""
        base = _run(_BASE, _FROM_SCRATCH, 0, batch=1, num_photos=9000, epochs=MANY_EPOCHS)
        return [
            base,
            *(
                _run(f"few_{name}_seed{seed}", begins_with, seed, 2, 500, FEW_EPOCHS)
                for seed in SEEDS
                for name, begins_with in (("alone", _FROM_SCRATCH), ("after", _FROM_BASE))
            ),
        ]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        curves = {
            start: np.mean([_curve(record) for record in group], axis=0)
            for start, group in _groups(records).items()
        }
        scratch, base = (curves[start] for start in (_FROM_SCRATCH, _FROM_BASE))
        return (
            "with 500 photos, training from another run's weights has a held-out loss of "
            f"{number(base[4], 3)} after 5 epochs; from scratch the lowest is "
            f"{number(scratch.min(), 3)}, after {int(scratch.argmin()) + 1}. Both get worse again: "
            f"{number(base[-1], 3)} and {number(scratch[-1], 3)} after {FEW_EPOCHS} epochs."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds the curves, and the table of losses at some epochs and of the last scores."""
        page.text(
            "The flagfile `photos` with 500 photos of CIFAR-10's second file, of which a tenth is "
            "held out, at 32×32 pixels (`--reconstruction_weight=4` for a quarter of the pixels) "
            f"and an eighth of the width of Table 4, {FEW_EPOCHS} epochs of 4 steps. `--init_from` "
            "is a run on the first 9,000 photos of the first file, with the same settings and "
            f"{MANY_EPOCHS} epochs of 81 steps. The discriminator's learning rate in the flagfile "
            "was 5e-4 then: `--learning_rate_discriminator=5e-4` repeats these runs.",
        )
        groups = _groups(records)
        if groups:
            _add_curves(page, groups)
        for record in records:
            if record.run.name == _BASE:
                loss = number(float(_curve(record)[-1]), 3)
                page.text(f"The run on 9,000 photos ends with {loss} on held-out ones of its own.")


def _groups(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Returns start -> the runs on few photos."""
    few = [record for record in records if record.fact("num_photos") == 500]
    return grouped(few, "begins_with")


def _add_curves(page: Page, groups: Mapping[str, Sequence[Record]]) -> None:
    rows, lines = [], []
    for style, (begins_with, group) in enumerate(groups.items()):
        curves = np.array([_curve(record) for record in group])
        epochs = list(range(1, FEW_EPOCHS + 1))
        lines.append(charts.Line(f"from {begins_with}", style, epochs, curves.mean(axis=0)))
        losses = [spread(curves[:, epoch - 1].tolist(), 3) for epoch in EPOCHS_SHOWN]
        errors = [0.05 * record.score("reconstruction_sse").value for record in group]
        fld = spread([record.score("fld").value for record in group], 3)
        ends = [spread(errors, 3), fld, fld_of_prior(group[0]), str(len(group))]
        rows.append([f"from {begins_with}", *losses, *ends])
    page.text(
        "Loss of held-out reconstructions (0.05 × SSE) after so many epochs, by the weights of "
        "that step. `photos` delivers their moving average: *average* is its loss at the end, and "
        "FLD is of its codes, beside the FLD of as many codes of the prior (the floor).",
    )
    header = ["start", *map(str, EPOCHS_SHOWN), f"{FEW_EPOCHS}, average"]
    page.table([*header, "FLD", "floor", "seeds"], rows)
    title = "loss of held-out reconstructions"
    png = charts.draw([charts.Chart(title, tuple(lines))], "epoch")
    page.figure("curves", png, f"The {title}, mean over seeds.")


def _curve(record: Record) -> np.ndarray:
    """Returns the loss of held-out reconstructions after each epoch."""
    averages = record.outcome.history.values()
    return np.array([each["val_reconstruction_loss"] for each in averages])


def _run(
    name: str, begins_with: str, seed: int, batch: int, num_photos: int, epochs: int
) -> PhotosRun:
    facts: Facts = {"begins_with": begins_with, "num_photos": num_photos, "seed": seed}
    commands = (
        (_PHOTOS, f"--batch={batch}", f"--number={num_photos}"),
        ("train", *_TRAIN, f"--epochs={epochs}", f"--seed={seed}"),
        ("evaluate", "--extractor=none", "--num_samples=1000"),
    )
    return PhotosRun(name, facts, commands)


if __name__ == "__main__":
    program.run(FewPhotos())
