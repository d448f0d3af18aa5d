"""Trains AAE, WAE-MMD and VAE of pythae and of this program, on MNIST.

    .venv_bench/bin/python -m results.against_pythae --num_processes=1

The Python needs benchmarks/requirements.txt. Take the times on an idle machine.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from ivaae_tf.metrics.score import Score
from results import program
from results.mnist_runs import LearningRates
from results.page import SCORE_TITLES, Page, score_cell, score_cells, spread
from results.run import Command, Facts, IvaaeRun, Outcome, Record, Run, grouped

SEEDS = (0, 1, 2)
MODELS = ("aae", "wae_mmd", "vae")
EPOCHS = 20

OURS, SAME = "ivaae", "pythae, our weights and inputs"
# Side of pythae -> its flags.
_OF_PYTHAE = {
    SAME: ("--settings=ours", "--signed_inputs"),
    "pythae, our weights": ("--settings=ours",),
    "pythae": ("--settings=pythae",),
}
SIDES = (OURS, *_OF_PYTHAE)
# pythae has one rate for encoder and decoder. These are ten times the paper's encoder's, because
# the paper's are too low for 20 epochs.
_RATES = LearningRates("5e-4", "5e-4", "1e-3")
_NETWORKS = ("--image_size=32", "--width=0.125", f"--epochs={EPOCHS}")


class PythaeRun(Run):
    """A run of pythae."""

    def arguments(self, command: Command, folder: Path) -> list[str]:
        """Returns the command with its output in the folder."""
        name, *flags = command
        return [name, *flags, f"--out={folder / 'pythae.json'}"]

    def outcome(self, folder: Path) -> Outcome:
        """Returns the scores, and the seconds of each epoch as a history."""
        stored = json.loads((folder / "pythae.json").read_text("utf-8"))
        seconds = stored["training_seconds"]["epochs"]
        return Outcome(
            settings=stored["flags"],
            scores=tuple(Score.from_json(score) for score in stored["scores"]),
            history={epoch: {"seconds": value} for epoch, value in enumerate(seconds, start=1)},
            conditions={name: stored[name] for name in ("processor", "threads", "versions")},
            tables={},
        )


class AgainstPythae(program.Study):
    """Time, FLD and reconstruction of the same models in two programs."""

    name = "against_pythae"
    title = "Against pythae 0.1.2 on MNIST"

    def runs(self) -> list[Run]:
        """Returns the runs, the sides of a model one after the other."""
        return [_run(side, model, seed) for seed in SEEDS for model in MODELS for side in SIDES]

    def found(self, records: Sequence[Record]) -> str:
        """Returns what was found."""
        groups = grouped(records, "method", "side")
        sses = [score_cell(groups["aae", side], "reconstruction_sse") for side in SIDES]
        return (
            "with the same networks, learning rates, weights of the losses and inputs, the "
            f"models of both programs are equally good (SSE of the AAE {sses[0]} here and "
            f"{sses[1]} in pythae). With inputs in [0, 1] pythae's AAE and WAE-MMD reconstruct "
            f"better, and with its own weights its AAE reconstructs better still (SSE {sses[3]}), "
            "while its WAE-MMD does not follow the prior."
        )

    def write(self, page: Page, records: Sequence[Record]) -> None:
        """Adds a table of all sides."""
        page.text(
            "MNIST, 60,000 digits at 32×32 pixels, the networks of Table 3 at an eighth of their "
            f"width, d = 16, batches of 64, {EPOCHS} epochs. The learning rates of E, G and D are "
            f"{_RATES.values} in both programs, without decay: pythae has one for E and G, and "
            "the paper's are [too low for 20 epochs](../rates/README.md). "
            "pythae's models and trainers are unmodified; `benchmarks/pythae_training.py` "
            "describes the differences. *pythae* has its own weights of the losses (the VAE's are "
            "ours), its stochastic encoder (AAE) and its β₁; *pythae, our weights* has ours. "
            "pythae's encoder sees images in [0, 1], and ours in [−1, 1]; with *our weights and "
            "inputs* both do the latter. λ is 1, and not 4 as in the other studies of such small "
            "images, so that numbers here and there do not compare. Both are scored by the same "
            "code.",
            "Seconds are the time of whole commands divided by the epochs, one run at a time. "
            "Start, data and scores are in them, a large part for such small networks: [the "
            "benchmarks](../../benchmarks/README.md) compare epochs alone, in turn.",
        )
        groups = grouped(records, "method", "side")
        rows = []
        for (model, side), group in groups.items():
            seconds = [sum(each.seconds.values()) / EPOCHS for each in group]
            rows.append([model, side, *score_cells(group), spread(seconds, 3)])
        header = ["model", "side", *SCORE_TITLES, "seconds an epoch"]
        page.table(header, sorted(rows, key=lambda row: MODELS.index(row[0])))


def _run(side: str, model: str, seed: int) -> Run:
    facts: Facts = {"method": model, "side": side, "seed": seed}
    name = f"{model}_{side.replace(', ', '_').replace(' ', '_')}_seed{seed}"
    shared = (*_NETWORKS, f"--seed={seed}")
    if side == OURS:
        rates = (*_RATES.flags, "--lr_decay_epochs=", "--lr_decay_factors=")
        rest = ("--evaluate_every=0", "--pictures_every=1000", "--cache=memory")
        train = ("train", f"--flagfile=mnist_{model}", *shared, *rates, *rest)
        return IvaaeRun(name, facts, (train, ("evaluate", "--num_samples=10000")))
    rates = (
        f"--learning_rate={_RATES.encoder}",
        f"--learning_rate_discriminator={_RATES.discriminator}",
    )
    flags = (*_OF_PYTHAE[side], *shared, *rates)
    command = ("benchmarks.pythae_training", f"--model={model}", *flags)
    return PythaeRun(name, facts, ((*command, "--num_samples=10000"),))


if __name__ == "__main__":
    program.run(AgainstPythae())
